use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dial::{DialError, Dialler};
use domain::ports::{
    Command, CommandOutput, Connected, Entropy, EntropyExt, HostKey, LoginKey, Remote, RemoteError, RemoteHost,
    RemoteSession,
};
use domain::targets::TargetPolicy;
use russh::client::{self, AuthResult, Config, Handle, Handler};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
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
        let place = format!("{}:{}", host.host, host.port);
        let key = Arc::new(keys::read(&host.key)?);
        let stream = self.dial(host, within).await?;
        let (seen, shown) = oneshot::channel();
        let check = HostKeyCheck { pinned: host.pinned.clone(), seen: Some(seen) };
        let config = Arc::new(config(host.pinned.as_ref()));
        let mut handle =
            client::connect_stream(config, stream, check).await.map_err(|fault| fault.at_connect(&place))?;
        let host_key = shown.await.map_err(|_| RemoteError::Unreachable(format!("{place} has shown no host key")))?;

        let hash = if key.algorithm().is_rsa() { rsa_hash(&handle).await? } else { None };
        let public = key.public_key().clone();
        let key = PrivateKeyWithHashAlg::new(key, hash);
        match handle.authenticate_publickey(host.user.clone(), key).await.map_err(|error| dropped(&error))? {
            AuthResult::Success => {
                let entropy = Arc::clone(&self.entropy);
                Ok(Connected { session: Box::new(SshSession { handle, entropy }), host_key })
            }
            AuthResult::Failure { partial_success: true, remaining_methods } => {
                Err(refused::second_factor(&place, &host.user, &remaining_methods))
            }
            AuthResult::Failure { .. } if handle.is_closed() => {
                let reason = format!("{place} closed the connection instead of letting {} in", host.user);
                Err(RemoteError::Dropped(reason))
            }
            AuthResult::Failure { .. } => {
                Err(refused::by_policy_or_key(&mut handle, &place, &host.user, public, hash).await)
            }
        }
    }
}

/// RFC 8332: SHA-512 unless the server says that it knows SHA-256 only; never SHA-1.
async fn rsa_hash(handle: &Handle<HostKeyCheck>) -> Result<Option<HashAlg>, RemoteError> {
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
        timeout(within, channel::run(&self.handle, command, nonce)).await.map_err(|_| RemoteError::TimedOut(within))?
    }
}
