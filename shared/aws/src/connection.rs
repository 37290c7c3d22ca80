//! The SDK's clients, made when they are first needed.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use secrecy::{ExposeSecret, SecretString};

use crate::http::Http;
use crate::observer::Telling;
use crate::{Observer, Settings};

/// How often a call is sent before it has failed.
const ATTEMPTS: u32 = 4;

/// How long each attempt may take. A long poll is shorter.
const ATTEMPT: Duration = Duration::from_secs(10);

/// How long a call may take with all its attempts: whoever waits for it is to hear why it failed.
const ALTOGETHER: Duration = Duration::from_secs(20);

/// What all adapters of a deployment call through.
pub(crate) struct Connection {
    settings: Arc<Settings>,
    http: Http,
    observer: Option<Arc<dyn Observer>>,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    secrets_manager: OnceLock<aws_sdk_secretsmanager::Client>,
    scheduler: OnceLock<aws_sdk_scheduler::Client>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// The clients differ in their types only.
macro_rules! client {
    ($sdk:ident, $connection:expr, $service:literal) => {{
        use $sdk::config::{BehaviorVersion, Config, Region, StalledStreamProtectionConfig};
        let settings = &$connection.settings;
        let mut config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(settings.region.clone()))
            .credentials_provider(credentials(settings))
            .http_client($connection.http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(
                TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(ALTOGETHER).build(),
            )
            // The timeout of an attempt covers its answer.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(settings.endpoint.clone());
        if let Some(observer) = &$connection.observer {
            config = config.interceptor(Telling { observer: Arc::clone(observer), service: $service });
        }
        $sdk::Client::from_conf(config.build())
    }};
}

impl Connection {
    pub(crate) fn new(settings: Arc<Settings>, http: Http, observer: Option<Arc<dyn Observer>>) -> Self {
        Self {
            settings,
            http,
            observer,
            dynamodb: OnceLock::new(),
            sqs: OnceLock::new(),
            secrets_manager: OnceLock::new(),
            scheduler: OnceLock::new(),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What every name of the deployment starts with.
    pub(crate) fn stack(&self) -> &str {
        &self.settings.stack
    }

    pub(crate) fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        self.dynamodb.get_or_init(|| client!(aws_sdk_dynamodb, self, "dynamodb"))
    }

    pub(crate) fn sqs(&self) -> &aws_sdk_sqs::Client {
        self.sqs.get_or_init(|| client!(aws_sdk_sqs, self, "sqs"))
    }

    pub(crate) fn secrets_manager(&self) -> &aws_sdk_secretsmanager::Client {
        self.secrets_manager.get_or_init(|| client!(aws_sdk_secretsmanager, self, "secretsmanager"))
    }

    pub(crate) fn scheduler(&self) -> &aws_sdk_scheduler::Client {
        self.scheduler.get_or_init(|| client!(aws_sdk_scheduler, self, "scheduler"))
    }
}

fn credentials(settings: &Settings) -> Credentials {
    let credentials = &settings.credentials;
    let exposed = |secret: &SecretString| secret.expose_secret().to_owned();
    Credentials::new(
        credentials.access_key_id.as_str(),
        exposed(&credentials.secret_access_key),
        credentials.session_token.as_ref().map(exposed),
        None,
        "settings",
    )
}
