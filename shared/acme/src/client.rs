use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::ids::AccountId;
use domain::names::Email;
use domain::ports::{
    CaAccount, CaError, CaMeta, ChallengeType, Clock, Directory, ExternalAccountBinding, NewOrder, OrderView,
    Registered, RenewalInfo,
};
use domain::targets::TargetPolicy;
use instant_acme::{Account, ExternalAccountKey, Identifier, NewAccount, OrderStatus, RevocationRequest};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use crate::fault::{Fault, persist};
use crate::recent::Recent;
use crate::session::Session;
use crate::transport::{Transport, with_wait};
use crate::{order, published};

/// CAs and accounts kept open between calls.
const TRANSPORTS_MAX: usize = 32;
const SESSIONS_MAX: usize = 128;
/// The longest chain that is taken: a row of the store holds it.
const CHAIN_MAX: usize = 100 * 1024;

/// What is kept between calls, and the calls themselves.
pub(crate) struct Client {
    policy: Arc<TargetPolicy>,
    clock: Arc<dyn Clock>,
    transports: Recent<Directory, Transport>,
    sessions: Recent<AccountId, Arc<Session>>,
}

impl Client {
    pub(crate) fn new(policy: TargetPolicy, clock: Arc<dyn Clock>) -> Self {
        let (transports, sessions) = (Recent::new(TRANSPORTS_MAX), Recent::new(SESSIONS_MAX));
        Self { policy: Arc::new(policy), clock, transports, sessions }
    }

    fn transport(&self, directory: &Directory) -> Result<Transport, CaError> {
        if let Some(transport) = self.transports.get(directory) {
            return Ok(transport);
        }
        let transport = Transport::new(directory, self.policy.clone(), self.clock.clone())?;
        self.transports.put(directory.clone(), transport.clone());
        Ok(transport)
    }

    async fn session(&self, account: &CaAccount) -> Result<Arc<Session>, CaError> {
        if let Some(session) = self.sessions.get(&account.id).filter(|session| session.is_of(account)) {
            return Ok(session);
        }
        let session = Arc::new(Session::open(account, self.transport(&account.directory)?).await?);
        self.sessions.put(account.id, session.clone());
        Ok(session)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn check(&self, directory: &Directory) -> Result<(), CaError> {
        Transport::new(directory, self.policy.clone(), self.clock.clone()).map(drop)
    }

    pub(crate) async fn register(
        &self,
        directory: &Directory,
        contact: &Email,
        binding: Option<&ExternalAccountBinding>,
    ) -> Result<Registered, CaError> {
        let transport = self.transport(directory)?;
        let binding = binding.map(external_key).transpose()?;
        let contact = format!("mailto:{}", contact.as_str());
        let request = NewAccount { contact: &[&contact], terms_of_service_agreed: true, only_return_existing: false };
        let builder = || Account::builder_with_http(Box::new(transport.clone()));
        let registered = persist!(builder().create(&request, directory.url.clone(), binding.as_ref()));
        let (account, credentials) = registered.map_err(|fault| match fault.error {
            // There is no account yet that could be gone: this is a binding or a URL that the CA does not know.
            CaError::Gone(reason) | CaError::NoAccount(reason) => CaError::Refused(reason),
            error => error,
        })?;
        let credentials = serde_json::to_string(&credentials)
            .map_err(|_| CaError::Refused("the new account's credentials cannot be written".into()))?;
        Ok(Registered { account_url: order::checked_url(account.id())?, credentials: SecretString::from(credentials) })
    }

    pub(crate) async fn meta(&self, directory: &Directory) -> Result<CaMeta, CaError> {
        Ok(published::meta(&self.transport(directory)?).await?)
    }

    pub(crate) async fn renewal_info(
        &self,
        directory: &Directory,
        chain_pem: &str,
    ) -> Result<Option<RenewalInfo>, CaError> {
        Ok(published::renewal_info(&self.transport(directory)?, chain_pem).await?)
    }

    pub(crate) async fn new_order(&self, account: &CaAccount, new: &NewOrder) -> Result<OrderView, CaError> {
        let session = self.session(account).await?;
        let identifiers: Vec<_> = new.names.iter().map(|name| Identifier::Dns(name.as_str().to_owned())).collect();
        let mut request = instant_acme::NewOrder::new(&identifiers);
        if let Some(profile) = &new.profile {
            request = request.profile(profile);
        }
        if let Some(chain) = &new.replaces {
            request = request.replaces(published::identifier(chain)?);
        }
        let (made, wait) = with_wait(async { persist!(session.account().new_order(&request)) }).await;
        let mut order = made?;
        let mut view = order::view(&mut order, wait).await?;
        view.challenges = order::challenges(&mut order, session.account().key_thumbprint()).await?;
        session.remember(order);
        Ok(view)
    }

    pub(crate) async fn order(&self, account: &CaAccount, url: &str) -> Result<OrderView, CaError> {
        let session = self.session(account).await?;
        let (seen, wait) = with_wait(session.look(url)).await;
        let mut order = seen?;
        let view = order::view(&mut order, wait).await?;
        session.remember(order);
        Ok(view)
    }

    pub(crate) async fn answer_challenges(
        &self,
        account: &CaAccount,
        url: &str,
        by: ChallengeType,
    ) -> Result<(), CaError> {
        let session = self.session(account).await?;
        let mut order = match session.recall(url, OrderStatus::Pending) {
            Some(order) => order,
            None => session.look(url).await?,
        };
        match order::answer(&mut order, by).await {
            // The order may have moved on since we looked: the CA refuses an answer that it no longer waits for.
            Err(Fault { error: CaError::Refused(_), .. }) => {
                let mut order = session.look(url).await?;
                Ok(order::answer(&mut order, by).await?)
            }
            done => Ok(done?),
        }
    }

    pub(crate) async fn finalize(&self, account: &CaAccount, url: &str, csr: &[u8]) -> Result<OrderView, CaError> {
        let session = self.session(account).await?;
        if let Some(mut order) = session.recall(url, OrderStatus::Ready) {
            let (sent, wait) = with_wait(async { persist!(order.finalize_csr(csr)) }).await;
            match sent {
                Ok(()) => {
                    let view = order::view(&mut order, wait).await?;
                    session.remember(order);
                    return Ok(view);
                }
                Err(Fault { error: CaError::Refused(_), .. }) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        let (seen, mut wait) = with_wait(session.look(url)).await;
        let mut order = seen?;
        if order.state().status == OrderStatus::Ready {
            let (sent, asked) = with_wait(async { persist!(order.finalize_csr(csr)) }).await;
            sent?;
            wait = asked;
        }
        let view = order::view(&mut order, wait).await?;
        session.remember(order);
        Ok(view)
    }

    pub(crate) async fn certificate(&self, account: &CaAccount, url: &str) -> Result<String, CaError> {
        let session = self.session(account).await?;
        let (seen, wait) = match session.recall(url, OrderStatus::Valid) {
            Some(order) => (Ok(order), None),
            None => with_wait(session.look(url)).await,
        };
        let mut order = seen?;
        match order.state().status {
            OrderStatus::Valid => {}
            OrderStatus::Processing => return Err(Fault::later("the CA is still signing", wait).into()),
            OrderStatus::Invalid => return Err(CaError::Refused(order::problem(&mut order).await?)),
            OrderStatus::Pending | OrderStatus::Ready => {
                return Err(CaError::Refused("the order has no certificate: it was not finalized".into()));
            }
        }
        let (fetched, wait) = with_wait(async { persist!(order.certificate()) }).await;
        let chain = fetched?.ok_or_else(|| Fault::later("the CA is still signing", wait))?;
        if chain.len() > CHAIN_MAX {
            let size = chain.len() / 1024;
            return Err(CaError::Refused(format!("the CA sent a chain of {size} KiB, which is no certificate chain")));
        }
        Ok(chain)
    }

    pub(crate) async fn revoke(&self, account: &CaAccount, chain_pem: &str) -> Result<(), CaError> {
        let leaf = CertificateDer::from_pem_slice(chain_pem.as_bytes())
            .map_err(|_| CaError::Refused("there is no PEM certificate to revoke".into()))?;
        let session = self.session(account).await?;
        let request = RevocationRequest { certificate: &leaf, reason: None };
        match persist!(session.account().revoke(&request)) {
            Err(fault) if fault.kind == "alreadyRevoked" => Ok(()),
            done => Ok(done?),
        }
    }
}

/// Reads the MAC key of a binding: base64url as RFC 8555 §7.3.4 has it, or plain base64 as some CAs' websites do.
fn external_key(binding: &ExternalAccountBinding) -> Result<ExternalAccountKey, CaError> {
    let text = binding.hmac_key.expose_secret().trim().trim_end_matches('=').replace('+', "-").replace('/', "_");
    let text = Zeroizing::new(text);
    match BASE64_URL_SAFE_NO_PAD.decode(text.as_bytes()).map(Zeroizing::new) {
        Ok(key) if !key.is_empty() => Ok(ExternalAccountKey::new(binding.kid.trim().to_owned(), &key)),
        _ => Err(CaError::Refused(
            "the HMAC key of the external account binding must be base64url, as the CA shows it".into(),
        )),
    }
}
