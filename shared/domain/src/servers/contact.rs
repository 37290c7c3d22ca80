use std::time::Duration;

use super::{Server, ServerStatus};
use crate::entity::{self, Stored};
use crate::ids::ServerId;
use crate::ports::{HostKey, Key, RemoteError, RemoteSession, StoreError};
use crate::{Context, Error, Result};

/// DNS, TCP, the exchange of keys and the login together.
const WITHIN: Duration = Duration::from_secs(15);
/// How often a finding is written again over a change of somebody else.
const TRIES: usize = 5;

/// A connection to a server.
#[derive(Debug)]
pub struct Contact {
    /// The server as it is stored now.
    pub server: Stored<Server>,
    /// The connection.
    pub session: Box<dyn RemoteSession>,
}

/// Why a server was not reached.
#[derive(Debug)]
pub enum ContactError {
    /// Something about the server: it is noted there already.
    Remote(RemoteError),
    /// Something of ours.
    Other(Error),
}

impl<E: Into<Error>> From<E> for ContactError {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// Connects to a server, and notes at it what was found: whether it answers, its host key at the first contact, and
/// one that it should not show. The host key is noted before the connection is used for anything.
pub async fn connect(ctx: &Context, id: ServerId) -> std::result::Result<Contact, ContactError> {
    let server: Stored<Server> = entity::load(ctx.store.as_ref(), Key::of(id.0)).await?;
    let Some(ssh) = &server.value.ssh else {
        let reason = format!("server {id} has no SSH settings yet; give them with PUT /api/servers/{id}/ssh");
        return Err(ContactError::Remote(RemoteError::Invalid(reason)));
    };
    let host = ssh.unlock(ctx.vault.as_ref()).await?;
    match ctx.remote.connect(&host, WITHIN).await {
        Ok(connected) => {
            let pinned = ssh.host_key.is_some();
            let server = match (pinned, server.value.status) {
                (true, ServerStatus::Normal) => server,
                _ => note(ctx, server, ServerStatus::Normal, Some(&connected.host_key), None).await?,
            };
            Ok(Contact { server, session: connected.session })
        }
        Err(error) => {
            let (status, refused) = match &error {
                RemoteError::HostKeyChanged { shown, .. } => (ServerStatus::HostKeyChanged, Some(shown)),
                RemoteError::LoginRefused(_) => (ServerStatus::LoginRefused, None),
                RemoteError::Forbidden(_)
                | RemoteError::Unreachable(_)
                | RemoteError::Dropped(_)
                | RemoteError::TimedOut(_)
                | RemoteError::Invalid(_) => (ServerStatus::Unreachable, None),
            };
            if server.value.status != status || refused.is_some() {
                note(ctx, server, status, None, refused).await?;
            }
            Err(ContactError::Remote(error))
        }
    }
}

/// Writes what was found, over whatever else somebody changes meanwhile. A key is pinned only where none is: of two
/// first contacts at once, one pins.
async fn note(
    ctx: &Context,
    mut server: Stored<Server>,
    status: ServerStatus,
    shown: Option<&HostKey>,
    refused: Option<&HostKey>,
) -> Result<Stored<Server>> {
    let store = ctx.store.as_ref();
    let mut tries = 0;
    loop {
        server.value.found(status, ctx.clock.now());
        if let Some(ssh) = &mut server.value.ssh {
            match (&ssh.host_key, shown) {
                (None, Some(shown)) => ssh.host_key = Some(shown.clone()),
                (Some(pinned), Some(shown)) if pinned != shown => {
                    return Err(Error::Conflict("the host key was pinned meanwhile, to another one; try again".into()));
                }
                _ => {}
            }
            if shown.is_some() {
                ssh.refused = None;
            }
            ssh.refused = refused.cloned().or(ssh.refused.take());
        }
        tries += 1;
        match store.write(server.update()?).await {
            Err(StoreError::Unexpected { .. }) if tries < TRIES => {
                server = entity::load(store, Key::of(server.value.id.0)).await?;
            }
            written => {
                written?;
                server.written();
                return Ok(server);
            }
        }
    }
}
