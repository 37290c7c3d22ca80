use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use super::{
    Address, Aliases, Ca, CaAccount, CaError, CaMeta, CaaRecord, ChallengeType, Connected, Directory, Dns, DnsAccess,
    DnsError, DnsWriteError, DnsWriter, Endpoint, ExternalAccountBinding, Handshake, LoginKey, Mail, MailError, Mailer,
    Message, Messenger, MessengerError, NewOrder, OrderView, ProbeError, Prober, Registered, Remote, RemoteError,
    RemoteHost, RenewalInfo, ServerAnswer, Trusted, TxtChange,
};
use crate::names::Email;

/// An outside world that a program has no business with: each Lambda carries only those that its own work needs, and
/// this in place of the others. A call of it is a fault of ours, and says so.
#[derive(Clone, Copy, Debug)]
pub struct Absent;

const REASON: &str = "this program was built without it; another of Steward's functions does this";

fn no_ca<T>() -> Result<T, CaError> {
    Err(CaError::Later { reason: format!("no CA can be called: {REASON}"), retry_after: None })
}

fn no_dns<T>() -> Result<T, DnsError> {
    Err(DnsError::Unavailable(format!("no name server can be asked: {REASON}")))
}

#[async_trait]
impl Ca for Absent {
    fn check(&self, _: &Directory) -> Result<(), CaError> {
        no_ca()
    }

    async fn register(
        &self,
        _: &Directory,
        _: &Email,
        _: Option<&ExternalAccountBinding>,
    ) -> Result<Registered, CaError> {
        no_ca()
    }

    async fn meta(&self, _: &Directory) -> Result<CaMeta, CaError> {
        no_ca()
    }

    async fn renewal_info(&self, _: &Directory, _: &str) -> Result<Option<RenewalInfo>, CaError> {
        no_ca()
    }

    async fn new_order(&self, _: &CaAccount, _: &NewOrder) -> Result<OrderView, CaError> {
        no_ca()
    }

    async fn order(&self, _: &CaAccount, _: &str) -> Result<OrderView, CaError> {
        no_ca()
    }

    async fn answer_challenges(&self, _: &CaAccount, _: &str, _: ChallengeType) -> Result<(), CaError> {
        no_ca()
    }

    async fn finalize(&self, _: &CaAccount, _: &str, _: &[u8]) -> Result<OrderView, CaError> {
        no_ca()
    }

    async fn certificate(&self, _: &CaAccount, _: &str) -> Result<String, CaError> {
        no_ca()
    }

    async fn revoke(&self, _: &CaAccount, _: &str) -> Result<(), CaError> {
        no_ca()
    }
}

#[async_trait]
impl Dns for Absent {
    async fn txt(&self, _: &str) -> Result<Vec<ServerAnswer>, DnsError> {
        no_dns()
    }

    async fn zone(&self, _: &str) -> Result<String, DnsError> {
        no_dns()
    }

    async fn aliases(&self, _: &str) -> Result<Aliases, DnsError> {
        no_dns()
    }

    async fn caa(&self, _: &str) -> Result<Vec<CaaRecord>, DnsError> {
        no_dns()
    }
}

#[async_trait]
impl DnsWriter for Absent {
    /// What can be seen without connecting is seen when it is used.
    fn check(&self, _: &DnsAccess) -> Result<(), DnsWriteError> {
        Ok(())
    }

    async fn write(&self, _: &DnsAccess, _: &TxtChange) -> Result<(), DnsWriteError> {
        Err(DnsWriteError::Later { reason: format!("no DNS record can be written: {REASON}"), retry_after: None })
    }
}

#[async_trait]
impl Prober for Absent {
    async fn resolve(&self, _: &str) -> Result<Vec<IpAddr>, ProbeError> {
        Err(ProbeError::Unreachable(REASON.to_owned()))
    }

    async fn handshake(&self, _: &Endpoint, _: Duration) -> Result<Handshake, ProbeError> {
        Err(ProbeError::Unreachable(REASON.to_owned()))
    }

    fn trust(&self, _: &[Vec<u8>], _: &str) -> Result<Trusted, String> {
        Err(REASON.to_owned())
    }

    fn check_roots(&self, _: &str) -> Result<(), String> {
        Err(REASON.to_owned())
    }
}

#[async_trait]
impl Remote for Absent {
    fn new_key(&self, _: &[u8; 32]) -> Result<LoginKey, RemoteError> {
        Err(RemoteError::Invalid(REASON.to_owned()))
    }

    fn read_key(&self, _: &SecretString) -> Result<LoginKey, RemoteError> {
        Err(RemoteError::Invalid(REASON.to_owned()))
    }

    async fn connect(&self, _: &RemoteHost, _: Duration) -> Result<Connected, RemoteError> {
        Err(RemoteError::Unreachable(REASON.to_owned()))
    }
}

#[async_trait]
impl Messenger for Absent {
    async fn send(&self, _: &Address, _: &Message) -> Result<(), MessengerError> {
        Err(MessengerError { reason: REASON.to_owned(), retry_after: None })
    }
}

#[async_trait]
impl Mailer for Absent {
    fn is_set(&self) -> bool {
        false
    }

    async fn send(&self, _: &Mail) -> Result<(), MailError> {
        Err(MailError(REASON.to_owned()))
    }
}
