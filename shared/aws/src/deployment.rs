//! One deployment on AWS, and how its parts are named.

use std::iter;
use std::sync::Arc;

use domain::ports::{Entropy, QueueName, Table, VaultError};
use secrecy::SecretString;
use vault::SealedVault;

use crate::connection::Connection;
use crate::fault::words;
use crate::http::Http;
use crate::vault_key::VaultKey;
use crate::{AwsQueue, AwsScheduler, AwsStore, Observer, Settings, roots};

/// Why a deployment cannot be called with these settings, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The name of the stack is none.
    #[error(
        "{0:?} is not the name of a stack: it starts with a letter, and has letters, digits and hyphens, at most 100"
    )]
    Stack(String),
    /// The endpoint is no URL to call.
    #[error("AWS_ENDPOINT_URL is {0:?}: it must start with http:// or https://, or be left out")]
    Endpoint(String),
    /// The roots to trust hold no certificate.
    #[error("SSL_CERT_FILE: {0}; give a file of certificates in PEM, or leave it out")]
    Roots(String),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(rustls::Error),
}

/// The adapters of one deployment. They share one HTTP client, which is made when it is first needed.
#[derive(Clone, Debug)]
pub struct Aws {
    settings: Arc<Settings>,
    http: Http,
    entropy: Arc<dyn Entropy>,
    connection: Arc<Connection>,
    store: Arc<AwsStore>,
    queue: Arc<AwsQueue>,
    vault: Arc<SealedVault>,
    scheduler: Arc<AwsScheduler>,
}

impl Aws {
    /// The deployment that the settings name. Nothing is called or loaded yet.
    pub fn new(settings: Settings, entropy: Arc<dyn Entropy>) -> Result<Self, SetupError> {
        if !is_stack(&settings.stack) {
            return Err(SetupError::Stack(settings.stack));
        }
        let is_url = |url: &String| url.starts_with("http://") || url.starts_with("https://");
        if let Some(url) = settings.endpoint.as_ref().filter(|url| !is_url(url)) {
            return Err(SetupError::Endpoint(url.clone()));
        }
        let roots = roots::usable(settings.roots_pem.as_deref().unwrap_or(roots::AMAZON)).map_err(SetupError::Roots)?;
        let http = Http::new(roots).map_err(SetupError::Tls)?;
        Ok(Self::build(Arc::new(settings), http, entropy, None))
    }

    /// The same, telling `observer` of every call. To be used before the first call.
    #[must_use]
    pub fn observed(self, observer: Arc<dyn Observer>) -> Self {
        Self::build(self.settings, self.http, self.entropy, Some(observer))
    }

    fn build(
        settings: Arc<Settings>,
        http: Http,
        entropy: Arc<dyn Entropy>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        let connection = Arc::new(Connection::new(Arc::clone(&settings), http.clone(), observer));
        let store = Arc::new(AwsStore::new(Arc::clone(&connection), Arc::clone(&entropy)));
        let queue = Arc::new(AwsQueue::new(Arc::clone(&connection)));
        let key = Arc::new(VaultKey::new(Arc::clone(&connection)));
        let vault = Arc::new(SealedVault::new(Arc::<AwsStore>::clone(&store), key, Arc::clone(&entropy)));
        let scheduler = Arc::new(AwsScheduler::new(Arc::clone(&connection), Arc::clone(&queue)));
        Self { settings, http, entropy, connection, store, queue, vault, scheduler }
    }

    /// Entities.
    pub fn store(&self) -> Arc<AwsStore> {
        Arc::clone(&self.store)
    }

    /// Jobs.
    pub fn queue(&self) -> Arc<AwsQueue> {
        Arc::clone(&self.queue)
    }

    /// Secrets.
    pub fn vault(&self) -> Arc<SealedVault> {
        Arc::clone(&self.vault)
    }

    /// Schedules.
    pub fn scheduler(&self) -> Arc<AwsScheduler> {
        Arc::clone(&self.scheduler)
    }
}

impl Aws {
    /// A secret that an operator put into Secrets Manager, by its name or ARN.
    pub async fn secret(&self, id: &str) -> Result<SecretString, VaultError> {
        let answer = self.connection.secrets_manager().get_secret_value().secret_id(id).send().await;
        let answer =
            answer.map_err(|error| VaultError(format!("the secret {id} cannot be read: {}", words(&error))))?;
        answer.secret_string.map(SecretString::from).ok_or_else(|| VaultError(format!("the secret {id} is not text")))
    }
}

/// Every table of a deployment. Its name there is `{stack}-{name}`.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    domain::tables::ALL.iter().copied().chain(iter::once(&vault::SECRETS))
}

pub(crate) fn table_name(stack: &str, table: &Table) -> String {
    format!("{stack}-{}", table.name)
}

pub(crate) fn queue_name(stack: &str, queue: QueueName) -> String {
    format!("{stack}-{}", queue.as_str())
}

/// The dead-letter queue beside a queue, by name or by URL.
pub(crate) fn dead_letters_of(queue: &str) -> String {
    format!("{queue}-dead")
}

/// As CloudFormation has it, and short enough to start other names.
fn is_stack(name: &str) -> bool {
    name.len() <= 100
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}
