use domain::Error;
use domain::ports::{RemoteError, StoreError};
use domain::servers::ContactError;

/// What comes after a step.
pub(crate) enum Course {
    /// The next one.
    On,
    /// A pause, and what is waited for.
    Wait(std::time::Duration, Option<String>),
    /// Nothing: the run has ended.
    Ended,
}

/// Why a step did not get on.
pub(crate) enum Hitch {
    /// This run cannot succeed.
    Failed {
        /// Why.
        reason: String,
        /// Whether another one, later, might.
        try_again: bool,
    },
    /// The server is not reached now, or the connection broke: what was asked may have been done, or not.
    Lost(RemoteError),
    /// The fault is ours, not the server's.
    Stopped(Stop),
}

/// Why a worker cannot go on with what it knows.
pub(crate) enum Stop {
    /// Somebody wrote one of the rows since they were read.
    Overtaken,
    /// A fault of our own; the job is delivered again.
    Fault(Error),
}

impl Hitch {
    /// It went wrong, and may go well another time.
    pub(crate) fn failed(reason: impl Into<String>) -> Self {
        Self::Failed { reason: reason.into(), try_again: true }
    }

    /// It goes wrong until somebody changes something here.
    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        Self::Failed { reason: reason.into(), try_again: false }
    }
}

impl From<Stop> for Hitch {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<Error> for Hitch {
    fn from(error: Error) -> Self {
        Self::Stopped(error.into())
    }
}

impl From<ContactError> for Hitch {
    fn from(error: ContactError) -> Self {
        match error {
            ContactError::Remote(error) => Self::Lost(error),
            ContactError::Other(error) => error.into(),
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict(_) => Self::Overtaken,
            other => Self::Fault(other),
        }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unexpected { .. } => Self::Overtaken,
            StoreError::Busy(_) | StoreError::Unreachable(_) | StoreError::Failed(_) => Self::Fault(error.into()),
        }
    }
}

/// Whether waiting may help against this, while nothing has been changed on the server yet.
pub(crate) fn may_pass(error: &RemoteError) -> bool {
    match error {
        RemoteError::Unreachable(_) | RemoteError::Dropped(_) | RemoteError::TimedOut(_) => true,
        RemoteError::Forbidden(_)
        | RemoteError::HostKeyChanged { .. }
        | RemoteError::LoginRefused(_)
        | RemoteError::NoShell(_)
        | RemoteError::Invalid(_) => false,
    }
}
