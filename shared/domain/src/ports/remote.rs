//! The `Remote` port: a machine that is reached over SSH.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// A host key as a server showed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostKey {
    /// Its algorithm, e.g. `ssh-ed25519` (RFC 8709); which hash signs with an RSA key does not matter.
    pub algorithm: String,
    /// Its SHA-256 as OpenSSH writes it: `SHA256:` and base64 without padding.
    pub fingerprint: String,
}

/// A private key for logging in, and what is public of it.
#[derive(Clone, Debug)]
pub struct LoginKey {
    /// The key, in OpenSSH's format.
    pub private: SecretString,
    /// The line for `authorized_keys`.
    pub public: String,
    /// Its SHA-256 as OpenSSH writes it.
    pub fingerprint: String,
}

/// How a machine is reached.
#[derive(Clone, Debug)]
pub struct RemoteHost {
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Who logs in.
    pub user: String,
    /// The key to log in with, as [`LoginKey::private`].
    pub key: SecretString,
    /// The host key it must show; `None` takes what it shows.
    pub pinned: Option<HostKey>,
}

/// What is run on a machine: a script of the POSIX shell, with arguments.
#[derive(Clone, Debug)]
pub struct Command {
    /// The script, for `sh -c`.
    pub script: String,
    /// `$1`, `$2` … of the script; any text without a NUL.
    pub arguments: Vec<String>,
    /// What it reads; may be a secret.
    pub input: Option<SecretString>,
    /// How long it may take.
    pub within: Duration,
}

impl Command {
    /// A script without input.
    pub fn new(script: impl Into<String>, within: Duration) -> Self {
        Self { script: script.into(), arguments: Vec::new(), input: None, within }
    }

    /// The same with arguments.
    #[must_use]
    pub fn with<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// The same with something to read.
    #[must_use]
    pub fn reading(mut self, input: SecretString) -> Self {
        self.input = Some(input);
        self
    }
}

/// What a command left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOutput {
    /// Its exit status; 128 and more where a signal ended it.
    pub status: u32,
    /// What it printed, the first 256 KiB of it.
    pub stdout: String,
    /// What it complained of, the first 64 KiB of it.
    pub stderr: String,
}

impl CommandOutput {
    /// Whether it went well.
    pub fn succeeded(&self) -> bool {
        self.status == 0
    }

    /// The end of what it said, for a person: at most 500 characters, complaints first.
    pub fn words(&self) -> String {
        const SHOWN: usize = 500;
        let said = if self.stderr.trim().is_empty() { self.stdout.trim() } else { self.stderr.trim() };
        let skip = said.chars().count().saturating_sub(SHOWN);
        let end: String = said.chars().skip(skip).collect();
        if end.is_empty() { format!("exit status {}", self.status) } else { format!("{end} (status {})", self.status) }
    }
}

/// Why nothing, or not all, was done on a machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// The policy does not let Steward connect there.
    #[error("{0}")]
    Forbidden(String),
    /// Nobody takes the connection, or speaks SSH that we speak.
    #[error("{0}")]
    Unreachable(String),
    /// It shows another host key than the pinned one. Nothing was sent to it.
    #[error(
        "the host key has changed from {} to {}: either the server was set up anew, or somebody else answers in its \
         place; an administrator accepts the new one with POST /api/servers/{{id}}/ssh/host-key",
        pinned.fingerprint, shown.fingerprint
    )]
    HostKeyChanged {
        /// The key that was expected.
        pinned: HostKey,
        /// The key it shows.
        shown: HostKey,
    },
    /// It does not let the user in with this key.
    #[error("{0}")]
    LoginRefused(String),
    /// It lets the user in, and something else than a shell answers: the command was not run.
    #[error("{0}")]
    NoShell(String),
    /// The connection broke; the command may have been run, or not, or in part.
    #[error("the SSH connection broke: {0}")]
    Dropped(String),
    /// There was no end in time; the command may still be running.
    #[error("no answer within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
    /// It cannot be sent like this.
    #[error("{0}")]
    Invalid(String),
}

/// Machines reached over SSH.
#[async_trait]
pub trait Remote: Send + Sync + fmt::Debug {
    /// A new Ed25519 key made of 32 random bytes.
    fn new_key(&self, seed: &[u8; 32]) -> Result<LoginKey, RemoteError>;

    /// Reads a private key (OpenSSH, PKCS#8, PKCS#1 or SEC1, PEM): Ed25519, ECDSA or RSA of 2048 bits and more.
    /// Encrypted ones are refused. Never quotes what it read.
    fn read_key(&self, text: &SecretString) -> Result<LoginKey, RemoteError>;

    /// Connects and logs in within this time. The host key is checked before anything is sent that a false server
    /// could use.
    async fn connect(&self, host: &RemoteHost, within: Duration) -> Result<Connected, RemoteError>;
}

/// A connection, and whom it leads to.
#[derive(Debug)]
pub struct Connected {
    /// The connection. Dropping it ends it.
    pub session: Box<dyn RemoteSession>,
    /// The host key the server has shown: the pinned one where there was one.
    pub host_key: HostKey,
}

/// A connection that commands are run over, several at once if need be.
#[async_trait]
pub trait RemoteSession: Send + Sync + fmt::Debug {
    /// Runs a command and waits for its end, whatever the login shell is, and whatever that or its files print. A command
    /// that fails is no error. A child that it leaves behind is not waited for.
    async fn run(&self, command: Command) -> Result<CommandOutput, RemoteError>;
}
