//! Everything the domain's functions need from outside, in one place.

use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;

use crate::ports::{
    Ca, Clock, Dns, DnsWriter, Entropy, Mailer, Messenger, Prober, Queue, Remote, Scheduler, Store, Vault,
};

/// Who may make an account for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Anybody who reaches the API.
    Open,
    /// Administrators only.
    Closed,
}

/// What the operator decided at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The URL people reach Steward at, without a final slash; links in mails start with it.
    pub public_url: String,
    /// Who may register.
    pub registration: Registration,
    /// The proxies whose word counts on where a request comes from.
    pub trusted_proxies: Vec<IpNet>,
}

/// The ports and settings of one running Steward.
#[derive(Clone)]
pub struct Context {
    /// Entities.
    pub store: Arc<dyn Store>,
    /// Jobs.
    pub queue: Arc<dyn Queue>,
    /// Secrets.
    pub vault: Arc<dyn Vault>,
    /// Later.
    pub scheduler: Arc<dyn Scheduler>,
    /// Now.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Certificate authorities.
    pub ca: Arc<dyn Ca>,
    /// Name servers.
    pub dns: Arc<dyn Dns>,
    /// DNS providers.
    pub zones: Arc<dyn DnsWriter>,
    /// Machines reached over SSH.
    pub remote: Arc<dyn Remote>,
    /// TLS servers.
    pub prober: Arc<dyn Prober>,
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// Chat groups and webhooks.
    pub messenger: Arc<dyn Messenger>,
    /// What the operator decided.
    pub settings: Settings,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("settings", &self.settings).finish_non_exhaustive()
    }
}
