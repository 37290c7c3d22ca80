use std::time::Duration;

use super::{Server, ServerStatus};
use crate::alerts::{self, Finding, Kind, Level, Observation, Subject};
use crate::entity::{self, Stored};
use crate::ids::ServerId;
use crate::ports::{Command, HostKey, Key, RemoteError, RemoteSession, StoreError};
use crate::{Context, Error, Result};

/// DNS, TCP, the exchange of keys and the login together.
const WITHIN: Duration = Duration::from_secs(30);
/// How long a command may take, whatever it does: login files, name services and mounts of a server's own may take most
/// of it before the first byte.
pub const COMMAND: Duration = Duration::from_secs(45);
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

/// Connects to a server, and notes at it what was found: whether it answers and runs commands, its host key at the first
/// contact, and one that it should not show. The host key is noted before the connection is used for anything.
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
                _ => {
                    let server = note(ctx, server, ServerStatus::Normal, Some(&connected.host_key), None).await?;
                    tell(ctx, &server.value, None).await?;
                    server
                }
            };
            match connected.session.run(Command::new(":", COMMAND)).await {
                Ok(_) => Ok(Contact { server, session: connected.session }),
                Err(error) => Err(not_reached(ctx, server, error).await?),
            }
        }
        Err(error) => Err(not_reached(ctx, server, error).await?),
    }
}

/// Notes why a server is not reached, or runs nothing.
async fn not_reached(ctx: &Context, server: Stored<Server>, error: RemoteError) -> Result<ContactError> {
    let (status, refused) = match &error {
        RemoteError::HostKeyChanged { shown, .. } => (ServerStatus::HostKeyChanged, Some(shown)),
        RemoteError::LoginRefused(_) | RemoteError::NoShell(_) => (ServerStatus::LoginRefused, None),
        RemoteError::Forbidden(_)
        | RemoteError::Unreachable(_)
        | RemoteError::Dropped(_)
        | RemoteError::TimedOut(_)
        | RemoteError::Invalid(_) => (ServerStatus::Unreachable, None),
    };
    if server.value.status != status || refused.is_some() {
        let server = note(ctx, server, status, None, refused).await?;
        if refused.is_some() {
            let text = error.to_string();
            tell(ctx, &server.value, Some(Finding { level: Level::Critical, text })).await?;
        }
    }
    Ok(ContactError::Remote(error))
}

/// Tells the owner of a host key that changed, and of one that is as it should be again.
async fn tell(ctx: &Context, server: &Server, finding: Option<Finding>) -> Result<()> {
    let (owner, subject, name) = (server.owner, Subject::Server(server.id), server.name.as_str());
    alerts::observe(ctx, Observation { owner, subject, name, kind: Kind::HostKeyChanged, finding }).await
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
    let place = |server: &Server| server.ssh.as_ref().map(|ssh| (ssh.host.clone(), ssh.port));
    let contacted = place(&server.value);
    let mut tries = 0;
    loop {
        if place(&server.value) != contacted {
            // It is said to be elsewhere since: what was found is of another machine.
            return Err(Error::Conflict("the server was moved meanwhile; try again".into()));
        }
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
