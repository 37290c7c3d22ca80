use std::time::Duration;

use crate::acme::{self, Account, Provider};
use crate::certificates::Method;
use crate::delegation::{self, Delegation};
use crate::dns_credentials::{self, DnsCredential};
use crate::ids::{AccountId, DnsCredentialId, UserId};
use crate::names::{DomainName, entries};
use crate::{Context, Error, Result};

/// How long a CA may take to say who it is; if it does not, CAA records that restrict are a warning.
const META_WITHIN: Duration = Duration::from_secs(5);

/// The most names one certificate has.
const NAMES_MAX: usize = 100;

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
            Method::Dns { dns_credential } => {
                credential = Some(dns_credentials::of_owner(ctx.store.as_ref(), owner, dns_credential).await?.value);
            }
            Method::Delegated => delegation = delegation::find(ctx).await?,
            Method::Manual | Method::Http => {}
        }
        let identities = identities(ctx, &provider).await;
        Ok(Self { owner, names, provider, account, method, credential, delegation, identities })
    }
}

/// Who the CA is in CAA records: what its directory says, else what it is known for.
async fn identities(ctx: &Context, provider: &Provider) -> Option<Vec<String>> {
    let known = acme::caa_identities(provider);
    if known.is_some() {
        return known;
    }
    let asked = tokio::time::timeout(META_WITHIN, ctx.ca.meta(&provider.directory)).await;
    asked.ok()?.ok().map(|meta| meta.caa_identities).filter(|names| !names.is_empty())
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
    for text in request.alt_domains.iter().flat_map(|text| entries(text)) {
        let name = DomainName::parse("alt_domains", text)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() > NAMES_MAX {
        return Err(Error::invalid("alt_domains", format!("a certificate has at most {NAMES_MAX} names")));
    }
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
    let method = Method::parse(request.challenge.as_deref(), request.credential)?;
    Plan::new(ctx, owner, names, provider, account, method).await
}
