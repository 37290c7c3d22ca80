//! The `DnsWriter` port: TXT records at somebody's DNS provider.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

/// What it takes to write at a DNS provider. All of its fields are treated as secrets.
#[derive(Clone, Debug)]
pub struct DnsAccess {
    /// The provider's name, one of [`crate::dns_credentials::PROVIDERS`].
    pub provider: String,
    /// The fields of that provider, by name.
    pub fields: BTreeMap<String, SecretString>,
}

/// A change of the TXT records of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxtChange {
    /// The zone that holds the name, without the final dot.
    pub zone: String,
    /// The full name, without the final dot.
    pub host: String,
    /// Values to be there.
    pub add: Vec<String>,
    /// Values to be gone.
    pub remove: Vec<String>,
    /// Every value that Steward wants there afterwards, for a provider that can only be told the whole.
    pub wanted: Vec<String>,
}

/// Why records were not written. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DnsWriteError {
    /// The provider does not accept the credential, and will not the next time.
    #[error("{0}")]
    Credential(String),
    /// The provider has no such zone, or this credential may not write there.
    #[error("{0}")]
    NoZone(String),
    /// The provider refuses the change itself, and will again.
    #[error("{0}")]
    Refused(String),
    /// The provider cannot be reached, is rate limiting, or failed inside: later may work.
    #[error("{reason}")]
    Later {
        /// What happened.
        reason: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
}

/// Writes TXT records at DNS providers. Adding what is there, and removing what is not, succeeds; values that were
/// not named are left alone, unless the provider can only be told the whole.
#[async_trait]
pub trait DnsWriter: Send + Sync + fmt::Debug {
    /// Whether these fields can be a credential, as far as is seen without connecting.
    fn check(&self, access: &DnsAccess) -> Result<(), DnsWriteError>;

    /// Makes one change; gives up after a minute.
    async fn write(&self, access: &DnsAccess, change: &TxtChange) -> Result<(), DnsWriteError>;
}
