use std::time::Duration;

use crate::Error;
use crate::ports::{DnsError, DnsWriteError, StoreError, VaultError};

/// Why records were not made or removed.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It will not work the next time either: the credential, the zone or an alias is wrong. A person can act on it.
    #[error("{0}")]
    Refused(String),
    /// Later may work.
    #[error("{reason}")]
    Later {
        /// What happened.
        reason: String,
        /// How long to wait, where that is known.
        retry_after: Option<Duration>,
    },
    /// A fault inside.
    #[error(transparent)]
    Fault(#[from] Error),
}

impl PublishError {
    /// Somebody else is at it: look again soon.
    pub(super) fn busy(host: &str) -> Self {
        let reason = format!("another change of {host} is under way");
        Self::Later { reason, retry_after: Some(Duration::from_secs(1)) }
    }
}

impl From<DnsWriteError> for PublishError {
    fn from(error: DnsWriteError) -> Self {
        match error {
            DnsWriteError::Credential(reason) | DnsWriteError::NoZone(reason) | DnsWriteError::Refused(reason) => {
                Self::Refused(reason)
            }
            DnsWriteError::Later { reason, retry_after } => Self::Later { reason, retry_after },
        }
    }
}

impl From<DnsError> for PublishError {
    fn from(error: DnsError) -> Self {
        match error {
            DnsError::NoZone(reason) => Self::Refused(reason),
            DnsError::Unavailable(reason) => Self::Later { reason, retry_after: None },
        }
    }
}

impl From<StoreError> for PublishError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<VaultError> for PublishError {
    fn from(error: VaultError) -> Self {
        Self::Fault(error.into())
    }
}
