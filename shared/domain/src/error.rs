//! The one error of the domain (DESIGN §8). Each face turns it into its document's body in one exhaustive match.

use std::time::Duration;

use crate::ports::{CaError, QueueError, SchedulerError, StoreError, VaultError};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or belongs to somebody else.
    #[error("{what} not found")]
    NotFound {
        /// What was looked for, e.g. `certificate`.
        what: &'static str,
    },
    /// A value that was given is wrong.
    #[error("{field}: {reason}")]
    Invalid {
        /// The name of the field as the caller wrote it.
        field: String,
        /// What would be right.
        reason: String,
    },
    /// The state of things, or a rule of the business, forbids it.
    #[error("{0}")]
    Conflict(String),
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// Nobody is logged in, or no longer.
    #[error("{0}")]
    Unauthenticated(String),
    /// Too many attempts.
    #[error("{message}")]
    TooMany {
        /// Too many of what.
        message: String,
        /// Seconds to wait.
        retry_after: u64,
    },
    /// Something outside (a CA, a mail server) does not answer now; the text is safe to show.
    #[error("{0}")]
    Unavailable(String),
    /// Something outside asks to wait before it is asked again; the text is safe to show.
    #[error("{message}")]
    PutOff {
        /// Who asks, and why.
        message: String,
        /// How long.
        retry_after: Duration,
    },
    /// A fault inside; the text is for the log only.
    #[error("{0}")]
    Internal(String),
}

/// What the domain's functions give.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A wrong value: the field's name, and what would be right.
    pub fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), reason: reason.into() }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unexpected { .. } => {
                Self::Conflict("somebody else changed this at the same time; read it again and retry".into())
            }
            StoreError::Busy(reason) => {
                tracing::warn!(reason, "the store is busy");
                Self::Unavailable("the store is busy; retry in a moment".into())
            }
            StoreError::Unreachable(reason) => {
                tracing::error!(reason, "the store does not answer");
                Self::Unavailable("the store does not answer; look whether it was done, then retry".into())
            }
            StoreError::Failed(reason) => Self::Internal(format!("store: {reason}")),
        }
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<QueueError> for Error {
    fn from(error: QueueError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<SchedulerError> for Error {
    fn from(error: SchedulerError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<CaError> for Error {
    fn from(error: CaError) -> Self {
        match error {
            CaError::Refused(reason) => Self::Conflict(format!("not possible at this CA: {reason}")),
            CaError::Gone(reason) => Self::Conflict(format!("the CA no longer knows this: {reason}")),
            CaError::NoAccount(reason) => Self::Conflict(format!(
                "the CA no longer knows the ACME account, or has deactivated it: {reason}; register another with POST \
                 /api/v1/acme/account/create"
            )),
            CaError::Later { reason, retry_after: None } => {
                Self::Unavailable(format!("the CA cannot be used now: {reason}; try again in a moment"))
            }
            CaError::Later { reason, retry_after: Some(retry_after) } => {
                let seconds = retry_after.as_secs().max(1);
                let message = format!("the CA cannot be used now: {reason}; try again in {seconds} s");
                Self::PutOff { message, retry_after }
            }
        }
    }
}
