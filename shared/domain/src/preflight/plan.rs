use crate::acme::{self, Account, Provider};
use crate::delegation::{self, Delegation};
use crate::dns_credentials::{self, DnsCredential};
use crate::ids::{AccountId, DnsCredentialId, UserId};
use crate::names::DomainName;
use crate::{Context, Error, Result};

/// The most names one certificate has.
const NAMES_MAX: usize = 100;

/// How the challenges of an order are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Somebody makes the records.
    Manual,
    /// Steward makes them, with this credential.
    Dns(DnsCredentialId),
    /// Steward makes them in the operator's delegation zone.
    Delegated,
    /// The site sends `/.well-known/acme-challenge/` on to Steward.
    Http,
}

impl Method {
    /// Reads what a person wrote: `manual` (unless given), `dns`, `delegated` or `http`.
    pub fn parse(challenge: Option<&str>, credential: Option<DnsCredentialId>) -> Result<Self> {
        let method = match (challenge.map(str::trim).filter(|text| !text.is_empty()), credential) {
            (None, None) | (Some("manual"), None) => Self::Manual,
            (None | Some("dns"), Some(credential)) => Self::Dns(credential),
            (Some("dns"), None) => {
                return Err(Error::invalid(
                    "dns_credential_id",
                    "must name a DNS credential; GET /api/dns-credentials lists yours",
                ));
            }
            (Some("delegated"), None) => Self::Delegated,
            (Some("http"), None) => Self::Http,
            (Some("manual" | "delegated" | "http"), Some(_)) => {
                return Err(Error::invalid("dns_credential_id", "is for the challenge dns only"));
            }
            (Some(_), _) => return Err(Error::invalid("challenge", "must be manual, dns, delegated or http")),
        };
        Ok(method)
    }

    /// The validation method that the CA sees (RFC 8555 §8, RFC 8657 §4).
    pub fn validation(self) -> &'static str {
        match self {
            Self::Http => "http-01",
            Self::Manual | Self::Dns(_) | Self::Delegated => "dns-01",
        }
    }
}

/// What is to be ordered, and with what.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whose order it is.
    pub owner: UserId,
    /// The names.
    pub names: Vec<DomainName>,
    /// The CA.
    pub provider: Provider,
    /// The account there, if there is one yet.
    pub account: Option<Account>,
    /// How the challenges are answered.
    pub method: Method,
    /// The credential of [`Method::Dns`].
    pub credential: Option<DnsCredential>,
    /// The delegation zone, for [`Method::Delegated`].
    pub delegation: Option<Delegation>,
    /// The CA's names in CAA records (`caaIdentities` of its directory); nothing where they are not known.
    pub identities: Option<Vec<String>>,
}

impl Plan {
    /// A plan with what its method needs read from the store.
    pub async fn new(
        ctx: &Context,
        owner: UserId,
        names: Vec<DomainName>,
        provider: Provider,
        account: Option<Account>,
        method: Method,
    ) -> Result<Self> {
        let (mut credential, mut delegation) = (None, None);
        match method {
            Method::Dns(id) => {
                credential = Some(dns_credentials::of_owner(ctx.store.as_ref(), owner, id).await?.value);
            }
            Method::Delegated => delegation = delegation::find(ctx).await?,
            Method::Manual | Method::Http => {}
        }
        let identities = acme::caa_identities(&provider);
        Ok(Self { owner, names, provider, account, method, credential, delegation, identities })
    }
}

/// What a person asks about.
#[derive(Debug, Default)]
pub struct Request {
    /// The first name.
    pub domain: String,
    /// The other names.
    pub alt_domains: Vec<String>,
    /// The provider's name; may be left out when an account is named.
    pub issuer: Option<String>,
    /// The account, instead of the default one at the provider.
    pub account: Option<AccountId>,
    /// How the challenges are answered.
    pub challenge: Option<String>,
    /// The credential for the challenge `dns`.
    pub credential: Option<DnsCredentialId>,
}

/// Reads a request as an order would; makes nothing.
pub async fn plan(ctx: &Context, owner: UserId, request: Request) -> Result<Plan> {
    let mut names = vec![DomainName::parse("domain", &request.domain)?];
    for text in request.alt_domains.iter().filter(|text| !text.trim().is_empty()) {
        let name = DomainName::parse("alt_domains", text)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() > NAMES_MAX {
        return Err(Error::invalid("alt_domains", format!("a certificate has at most {NAMES_MAX} names")));
    }
    let method = Method::parse(request.challenge.as_deref(), request.credential)?;
    let store = ctx.store.as_ref();
    let mut accounts = acme::of_owner(store, owner).await?.into_iter().map(|stored| stored.value);
    let (account, issuer) = match (request.account, request.issuer) {
        (Some(id), _) => {
            let account = accounts.find(|account| account.id == id).ok_or(Error::NotFound { what: "account" })?;
            let issuer = account.provider_name.clone();
            (Some(account), issuer)
        }
        (None, Some(issuer)) => (None, issuer),
        (None, None) => {
            return Err(Error::invalid("issuer", "must name a provider; GET /api/v1/acme/providers lists them"));
        }
    };
    let provider = acme::find_provider(store, "issuer", &issuer).await?;
    let account = account.or_else(|| accounts.find(|account| account.provider == provider.id && account.is_default));
    Plan::new(ctx, owner, names, provider, account, method).await
}
