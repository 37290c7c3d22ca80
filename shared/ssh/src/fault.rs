use domain::ports::{HostKey, RemoteError};

/// What ends a connection, in the words of the session's task.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The server has another key than expected.
    HostKey { pinned: HostKey, shown: HostKey },
    /// The library gave up.
    Ssh(russh::Error),
}

impl From<russh::Error> for Fault {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl Fault {
    /// Why there is no connection: before the login everything that goes wrong is the server's.
    pub(crate) fn at_connect(self, place: &str) -> RemoteError {
        match self {
            Self::HostKey { pinned, shown } => RemoteError::HostKeyChanged { pinned, shown },
            Self::Ssh(russh::Error::NoCommonAlgo { kind, theirs, .. }) => RemoteError::Unreachable(format!(
                "{place} speaks no SSH that Steward speaks: of {kind:?} algorithms it has only {}",
                theirs.join(", ")
            )),
            Self::Ssh(error) => RemoteError::Unreachable(format!("{place} does not answer as an SSH server: {error}")),
        }
    }
}

/// What broke a connection that was there.
pub(crate) fn dropped(error: &russh::Error) -> RemoteError {
    match error {
        russh::Error::SendError | russh::Error::Disconnect | russh::Error::HUP | russh::Error::RecvError => {
            RemoteError::Dropped("the server closed it".into())
        }
        russh::Error::ChannelOpenFailure(reason) => {
            RemoteError::Dropped(format!("the server opens no channel ({reason:?})"))
        }
        other => RemoteError::Dropped(other.to_string()),
    }
}
