use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dial::{DialError, Dialler};
use domain::ports::{
    Command, CommandOutput, Connected, Entropy, EntropyExt, HostKey, LoginKey, Remote, RemoteError, RemoteHost,
    RemoteSession,
};
use domain::targets::TargetPolicy;
use russh::client::{self, AuthResult, Config, Handle, Handler, Msg};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{Channel, MethodSet};
use secrecy::SecretString;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::fault::{Fault, dropped};
use crate::{channel, keys, offer, refused};

/// A server that says nothing for this long is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// SSH to hosts that the policy permits.
#[derive(Clone, Debug)]
pub struct SshRemote {
    dialler: Dialler,
    entropy: Arc<dyn Entropy>,
}

impl SshRemote {
    /// Connects to what the policy permits. The entropy marks the answers of commands.
    pub fn new(policy: TargetPolicy, entropy: Arc<dyn Entropy>) -> Self {
        Self { dialler: Dialler::new(Arc::new(policy)), entropy }
    }

    async fn dial(&self, host: &RemoteHost, within: Duration) -> Result<TcpStream, RemoteError> {
        self.dialler.connect(&host.host, host.port, within).await.map_err(|error| match error {
            DialError::Refused(refusal) => RemoteError::Forbidden(refusal.to_string()),
            other => RemoteError::Unreachable(other.to_string()),
        })
    }

    async fn log_in(&self, host: &RemoteHost, within: Duration) -> Result<Connected, RemoteError> {
        let key = Arc::new(keys::read(&host.key)?);
        let mut login = self.attempt(host, &key, within).await?;
        if matches!(login, Login::Closed) {
            // The connection may have broken just there.
            login = self.attempt(host, &key, within).await?;
        }
        match login {
            Login::In(connected) => Ok(*connected),
            Login::Wants(methods) => Err(refused::second_factor(host, &methods)),
            Login::Refused => Err(refused::login(host, self.is_known(host, &key, within).await)),
            Login::Closed if self.is_known(host, &key, within).await => Err(refused::login(host, true)),
            Login::Closed => Err(RemoteError::Dropped(format!(
                "{}:{} closed the connection instead of letting {} in",
                host.host, host.port, host.user
            ))),
        }
    }

    async fn attempt(&self, host: &RemoteHost, key: &Arc<PrivateKey>, within: Duration) -> Result<Login, RemoteError> {
        let (mut handle, host_key) = self.open(host, within).await?;
        let hash = rsa_hash(&handle, key).await?;
        let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
        let answer = handle.authenticate_publickey(host.user.clone(), key).await.map_err(|error| dropped(&error))?;
        Ok(match answer {
            AuthResult::Success => match handle.channel_open_session().await {
                Ok(channel) => self.let_in(handle, Some(channel), host_key),
                Err(russh::Error::ChannelOpenFailure(_)) => self.let_in(handle, None, host_key),
                // OpenSSH 9.2 says yes to root where it may run forced commands only, and hangs up.
                Err(_) => Login::Closed,
            },
            AuthResult::Failure { partial_success: true, remaining_methods } => Login::Wants(remaining_methods),
            // A server that refuses names at least one method that it would take.
            AuthResult::Failure { remaining_methods, .. } if remaining_methods.is_empty() => Login::Closed,
            AuthResult::Failure { .. } => Login::Refused,
        })
    }

    fn let_in(&self, handle: Handle<HostKeyCheck>, first: Option<Channel<Msg>>, host_key: HostKey) -> Login {
        let session = SshSession { handle, first: Mutex::new(first), entropy: Arc::clone(&self.entropy) };
        Login::In(Box::new(Connected { session: Box::new(session), host_key }))
    }

    /// Connects, and checks the host key.
    async fn open(&self, host: &RemoteHost, within: Duration) -> Result<(Handle<HostKeyCheck>, HostKey), RemoteError> {
        let place = format!("{}:{}", host.host, host.port);
        let stream = self.dial(host, within).await?;
        let (seen, shown) = oneshot::channel();
        let check = HostKeyCheck { pinned: host.pinned.clone(), seen: Some(seen) };
        let config = Arc::new(config(host.pinned.as_ref()));
        let handle = client::connect_stream(config, stream, check).await.map_err(|fault| fault.at_connect(&place))?;
        let host_key = shown.await.map_err(|_| RemoteError::Unreachable(format!("{place} has shown no host key")))?;
        Ok((handle, host_key))
    }

    /// Whether the server would take a signature of this key: asked on a connection of its own, since the one that was
    /// refused may be closed.
    async fn is_known(&self, host: &RemoteHost, key: &PrivateKey, within: Duration) -> bool {
        let Ok((mut handle, _)) = self.open(host, within).await else { return false };
        let Ok(hash) = rsa_hash(&handle, key).await else { return false };
        refused::would_do(&mut handle, &host.user, key.public_key().clone(), hash).await
    }
}

/// What comes of a login.
enum Login {
    In(Box<Connected>),
    /// The key was right, and one of these is wanted as well.
    Wants(MethodSet),
    Refused,
    /// The connection was closed instead of an answer.
    Closed,
}

/// RFC 8332: SHA-512 unless the server says that it knows SHA-256 only; never SHA-1. Nothing for other kinds of keys.
async fn rsa_hash(handle: &Handle<HostKeyCheck>, key: &PrivateKey) -> Result<Option<HashAlg>, RemoteError> {
    if !key.algorithm().is_rsa() {
        return Ok(None);
    }
    let best = handle.best_supported_rsa_hash().await.map_err(|error| dropped(&error))?;
    Ok(Some(best.flatten().unwrap_or(HashAlg::Sha512)))
}

fn config(pinned: Option<&HostKey>) -> Config {
    Config {
        preferred: offer::preferred(pinned),
        gex: offer::group_sizes(),
        keepalive_interval: Some(KEEPALIVE),
        nodelay: true,
        ..Config::default()
    }
}

/// Compares the host key with the pinned one, and hands it on.
pub(crate) struct HostKeyCheck {
    pinned: Option<HostKey>,
    seen: Option<oneshot::Sender<HostKey>>,
}

impl Handler for HostKeyCheck {
    type Error = Fault;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Fault> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else { return Ok(false) };
        let shown = keys::host_key(key);
        match &self.pinned {
            Some(pinned) if *pinned != shown => Err(Fault::HostKey { pinned: pinned.clone(), shown }),
            _ => {
                // Nobody waits any more when keys are exchanged again.
                if let Some(seen) = self.seen.take() {
                    let _ = seen.send(shown);
                }
                Ok(true)
            }
        }
    }
}

#[async_trait]
impl Remote for SshRemote {
    fn new_key(&self, seed: &[u8; 32]) -> Result<LoginKey, RemoteError> {
        keys::from_seed(seed)
    }

    fn read_key(&self, text: &SecretString) -> Result<LoginKey, RemoteError> {
        keys::given(text)
    }

    async fn connect(&self, host: &RemoteHost, within: Duration) -> Result<Connected, RemoteError> {
        let late =
            |_| RemoteError::Unreachable(format!("{}:{} did not let {} in in time", host.host, host.port, host.user));
        timeout(within, self.log_in(host, within)).await.map_err(late)?
    }
}

struct SshSession {
    handle: Handle<HostKeyCheck>,
    /// The channel that was opened at the login, for the first command.
    first: Mutex<Option<Channel<Msg>>>,
    entropy: Arc<dyn Entropy>,
}

impl std::fmt::Debug for SshSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SshSession").field("open", &!self.handle.is_closed()).finish()
    }
}

#[async_trait]
impl RemoteSession for SshSession {
    async fn run(&self, command: Command) -> Result<CommandOutput, RemoteError> {
        let within = command.within;
        let nonce = self.entropy.hex::<16>();
        let first = self.first.lock().ok().and_then(|mut first| first.take());
        timeout(within, channel::run(&self.handle, first, command, nonce))
            .await
            .map_err(|_| RemoteError::TimedOut(within))?
    }
}
