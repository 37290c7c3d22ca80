use std::net::SocketAddr;
use std::sync::Arc;

use acme::InstantCa;
use aws::Aws;
use dns::Authoritative;
use domain::ports::{Ca, Clock, Dns, Entropy, Mailer, Messenger, Prober, Remote};
use domain::targets::TargetPolicy;
use lambda_runtime::Error;
use probe::RustlsProber;
use ssh::{SshKeys, SshRemote};
use tokio::sync::OnceCell;
use webhook::HttpMessenger;

use crate::mailer::SmtpBySecret;

/// The outside worlds beside AWS, each made when a function asks for it: what it does not ask for is not in its program.
#[derive(Debug)]
pub struct Outside {
    /// The addresses that may be connected to.
    pub targets: TargetPolicy,
    pub(crate) resolver: Option<SocketAddr>,
    pub(crate) smtp_secret: Option<String>,
    pub(crate) aws: Aws,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Outside {
    /// Certificate authorities.
    pub fn ca(&self) -> Arc<dyn Ca> {
        Arc::new(InstantCa::new(self.targets.clone(), Arc::clone(&self.clock)))
    }

    /// Name servers.
    pub fn dns(&self) -> Result<Arc<dyn Dns>, Error> {
        Ok(Arc::new(Authoritative::new(self.resolver, self.targets.clone())?))
    }

    /// TLS servers.
    pub fn prober(&self) -> Arc<dyn Prober> {
        Arc::new(RustlsProber::new(self.targets.clone(), Arc::clone(&self.clock)))
    }

    /// Machines reached over SSH.
    pub fn remote(&self) -> Arc<dyn Remote> {
        Arc::new(SshRemote::new(self.targets.clone(), Arc::clone(&self.entropy)))
    }

    /// The keys for such machines, without the way there.
    pub fn ssh_keys(&self) -> Arc<dyn Remote> {
        Arc::new(SshKeys)
    }

    /// Chat groups and webhooks.
    pub fn messenger(&self) -> Result<Arc<dyn Messenger>, Error> {
        Ok(Arc::new(HttpMessenger::new(self.targets.clone())?))
    }

    /// The mail server.
    pub fn mailer(&self) -> Arc<dyn Mailer> {
        Arc::new(SmtpBySecret {
            aws: self.aws.clone(),
            secret: self.smtp_secret.clone(),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            smtp: OnceCell::new(),
        })
    }
}
