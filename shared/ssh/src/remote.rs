use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dial::{DialError, Dialler};
use domain::ports::{
    Command, CommandOutput, Connected, HostKey, LoginKey, Remote, RemoteError, RemoteHost, RemoteSession,
};
use domain::targets::TargetPolicy;
use russh::client::{self, Config, Handle, Handler};
use russh::keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{Preferred, cipher, kex};
use secrecy::SecretString;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::fault::{Fault, dropped};
use crate::{channel, keys};

/// What OpenSSH has as its first choices, and nothing older: each of its servers since 2014 has one of them.
const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
];
const CIPHERS: &[cipher::Name] = &[cipher::AES_256_GCM, cipher::CHACHA20_POLY1305];

/// A server that says nothing for this long is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// SSH to hosts that the policy permits.
#[derive(Clone, Debug)]
pub struct SshRemote {
    dialler: Dialler,
}

impl SshRemote {
    /// Connects to what the policy permits.
    pub fn new(policy: TargetPolicy) -> Self {
        Self { dialler: Dialler::new(Arc::new(policy)) }
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
        let key = PrivateKeyWithHashAlg::new(key, hash);
        let answer = handle.authenticate_publickey(host.user.clone(), key).await.map_err(|error| dropped(&error))?;
        if !answer.success() {
            if handle.is_closed() {
                let reason = format!("{place} closed the connection instead of letting {} in", host.user);
                return Err(RemoteError::Dropped(reason));
            }
            return Err(RemoteError::LoginRefused(format!(
                "{place} does not let {} in with this key: add the public key that GET /api/servers/{{id}} shows to \
                 the authorized_keys of that user",
                host.user
            )));
        }
        Ok(Connected { session: Box::new(SshSession { handle }), host_key })
    }
}

/// RFC 8332: SHA-512 unless the server says that it knows SHA-256 only; never SHA-1.
async fn rsa_hash(handle: &Handle<HostKeyCheck>) -> Result<Option<HashAlg>, RemoteError> {
    let best = handle.best_supported_rsa_hash().await.map_err(|error| dropped(&error))?;
    Ok(Some(best.flatten().unwrap_or(HashAlg::Sha512)))
}

fn config(pinned: Option<&HostKey>) -> Config {
    let all = Preferred::DEFAULT.key;
    let mut key: Vec<Algorithm> = all.iter().filter(|a| !matches!(a, Algorithm::Rsa { hash: None })).cloned().collect();
    if let Some(pinned) = pinned {
        // A server has several keys: of the pinned kind first, or another kind would look like a change.
        key.sort_by_key(|algorithm| keys::algorithm(algorithm) != pinned.algorithm);
    }
    let preferred = Preferred {
        kex: Cow::Borrowed(KEX),
        cipher: Cow::Borrowed(CIPHERS),
        key: Cow::Owned(key),
        ..Preferred::DEFAULT
    };
    Config { preferred, keepalive_interval: Some(KEEPALIVE), nodelay: true, ..Config::default() }
}

/// Compares the host key with the pinned one, and hands it on.
struct HostKeyCheck {
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
        timeout(within, channel::run(&self.handle, command)).await.map_err(|_| RemoteError::TimedOut(within))?
    }
}
