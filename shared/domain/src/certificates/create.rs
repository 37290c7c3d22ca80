use super::order::place_at;
use super::{Certificate, KeyType, Method, State, automatic_steps, checked_note, schedule};
use crate::acme::{self, Account, AccountStatus, Provider, display_name};
use crate::dns_credentials::{DNS_CREDENTIALS, DnsCredential};
use crate::entity;
use crate::ids::{AccountId, CertificateId, OperationId};
use crate::names::{DomainName, entries};
use crate::operations::{self, Operation, Work};
use crate::ports::{Expect, Key, StoreError, Write};
use crate::preflight::{self, Plan};
use crate::users::User;
use crate::{Context, Error, Result, counter};

/// The most names one certificate has (as Let's Encrypt and Google have it).
const NAMES_MAX: usize = 100;

/// What a person orders.
#[derive(Clone, Debug)]
pub struct NewCertificate {
    /// The first name.
    pub domain: String,
    /// The other names.
    pub alt_domains: Vec<String>,
    /// The provider's name; may be left out when an account is named.
    pub issuer: Option<String>,
    /// The account to order with, instead of the default one at the provider.
    pub account_id: Option<AccountId>,
    /// The kind of key, `ECC` unless given.
    pub encryption_type: Option<String>,
    /// How its names are proven.
    pub method: Method,
    /// One of the CA's profiles.
    pub profile: Option<String>,
    /// Whether a renewal keeps the key.
    pub reuse_key: bool,
    /// Whether it is renewed by itself.
    pub auto_renew: bool,
    /// A note.
    pub note: String,
}

/// What was made of an order.
#[derive(Debug)]
pub struct Ordered {
    /// The certificate.
    pub certificate: Certificate,
    /// The operation that issues it, unless its owner has to make records first.
    pub operation: Option<OperationId>,
}

/// Makes a certificate. Where its names are proven by hand, the order is made at once, so that its records can be
/// shown: nothing is kept unless the CA took it, and an order nobody follows up ends by itself. Where Steward proves
/// them, an operation makes the order and all the rest.
pub async fn create(ctx: &Context, owner: &User, new: NewCertificate) -> Result<Ordered> {
    let domain = DomainName::parse("domain", &new.domain)?;
    let alt_domains = alt_domains(&domain, &new.alt_domains)?;
    let key_type = new.encryption_type.map_or(Ok(KeyType::EcP256), |text| KeyType::parse("encryption_type", &text))?;
    let note = checked_note(new.note)?;
    let (account, provider) = account(ctx, owner, new.issuer.as_deref(), new.account_id).await?;
    let profile = profile(ctx, &account, new.profile).await?;
    let names: Vec<_> = std::iter::once(&domain).chain(&alt_domains).cloned().collect();
    if !new.method.is_automatic() {
        account.refuse_early(&names, ctx.clock.now())?;
    }
    look_ahead(ctx, owner, names, (&provider, &account), new.method).await?;

    let store = ctx.store.as_ref();
    let now = ctx.clock.now();
    let mut certificate = Certificate {
        id: CertificateId(counter::next_id(store, "certificate").await?),
        owner: owner.id,
        domain,
        alt_domains,
        issuer: account.provider_name.clone(),
        account: account.id,
        key_type,
        method: new.method,
        profile,
        reuse_key: new.reuse_key,
        auto_renew: new.auto_renew,
        note,
        order: None,
        state: State::Unissued,
        version: 0,
        renewal: None,
        created_at: now,
        updated_at: now,
    };
    let mut operation = None;
    if certificate.method.is_automatic() {
        let work = Work::Issue { certificate: certificate.id };
        let id = operations::next_id(store).await?;
        operation = Some(Operation::new(id, owner.id, work, automatic_steps(), now));
        certificate.start_verifying(id, now)?;
    } else {
        let order = place_at(ctx, &provider, &account, &mut certificate).await?;
        certificate.await_records(order, now)?;
    }
    commit(ctx, owner, &account, &certificate, operation.as_ref()).await?;
    match &operation {
        Some(operation) => operations::send(ctx.queue.as_ref(), operation).await,
        None => {
            if let Err(error) = schedule(ctx, &certificate).await {
                tracing::warn!(certificate = %certificate.id, %error, "its records are looked for from the next repair on");
            }
        }
    }
    Ok(Ordered { certificate, operation: operation.map(|operation| operation.id) })
}

async fn commit(
    ctx: &Context,
    owner: &User,
    account: &Account,
    certificate: &Certificate,
    operation: Option<&Operation>,
) -> Result<()> {
    let mut writes = vec![
        counter::add_one_up_to(&Certificate::total(owner.id), owner.quota.certificates.into()),
        Write::Check { table: &acme::ACCOUNTS, key: Key::of(account.id.0), expect: Expect::Present },
        entity::insert(certificate)?,
        counter::add(&Account::references(account.id), 1),
    ];
    if let Some(operation) = operation {
        writes.push(entity::insert(operation)?);
    }
    if let Some(credential) = certificate.method.credential() {
        writes.push(counter::add(&DnsCredential::references(credential), 1));
        let key = Key::of(credential.0);
        writes.push(Write::Check { table: &DNS_CREDENTIALS, key, expect: Expect::Present });
    }
    match ctx.store.transact(writes).await {
        Ok(()) => Ok(()),
        Err(StoreError::Unexpected { index: 0 }) => {
            let quota = owner.quota.certificates;
            Err(Error::Conflict(format!("the quota of {quota} certificates is used up; delete some or ask for more")))
        }
        Err(StoreError::Unexpected { index: 1 }) => {
            Err(Error::Conflict(format!("account_id: account {} was just deleted", account.id)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Looks whether the order can succeed, before the CA is asked: zones, CAA records, aliases, the credential.
pub(super) async fn look_ahead(
    ctx: &Context,
    owner: &User,
    names: Vec<DomainName>,
    (provider, account): (&Provider, &Account),
    method: Method,
) -> Result<()> {
    let plan = Plan::new(ctx, owner.id, names, provider.clone(), Some(account.clone()), method).await?;
    match preflight::check(ctx, &plan).await?.failure() {
        Some(failure) => Err(Error::invalid("domain", failure)),
        None => Ok(()),
    }
}

/// Checks that the CA has a profile of this name; no question to the CA where none is asked for.
pub(super) async fn profile(ctx: &Context, account: &Account, profile: Option<String>) -> Result<Option<String>> {
    let profile = profile.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let Some(name) = profile else { return Ok(None) };
    let known = ctx.ca.meta(&account.directory).await?.profiles;
    if known.contains_key(&name) {
        return Ok(Some(name));
    }
    let provider = display_name(&account.provider_name);
    let names: Vec<&str> = known.keys().map(String::as_str).collect();
    let reason = match names.is_empty() {
        true => format!("{provider} has no profiles; leave it out"),
        false => format!("must be one of those of {provider}: {}", names.join(", ")),
    };
    Err(Error::invalid("profile", reason))
}

fn alt_domains(domain: &DomainName, texts: &[String]) -> Result<Vec<DomainName>> {
    let mut names: Vec<DomainName> = Vec::new();
    for text in texts.iter().flat_map(|text| entries(text)) {
        let name = DomainName::parse("alt_domains", text)?;
        if name != *domain && !names.contains(&name) {
            names.push(name);
        }
        if names.len() >= NAMES_MAX {
            return Err(Error::invalid("alt_domains", format!("a certificate has at most {NAMES_MAX} names")));
        }
    }
    Ok(names)
}

/// The account to order with: the one named, else the default at the provider, else a new one with the owner's address
/// where the CA needs no external account binding.
async fn account(
    ctx: &Context,
    owner: &User,
    issuer: Option<&str>,
    id: Option<AccountId>,
) -> Result<(Account, Provider)> {
    let store = ctx.store.as_ref();
    let issuer = issuer.map(str::trim).filter(|issuer| !issuer.is_empty());
    let mut accounts = acme::of_owner(store, owner.id).await?.into_iter().map(|stored| stored.value);
    if let Some(id) = id {
        let account = accounts.find(|account| account.id == id).ok_or(Error::NotFound { what: "account" })?;
        let elsewhere = issuer.is_some_and(|issuer| {
            let provider = account.provider_name.as_str();
            !issuer.eq_ignore_ascii_case(provider) && !issuer.eq_ignore_ascii_case(display_name(provider))
        });
        if elsewhere {
            let reason = format!("account {id} is at {}; leave the issuer out or name that one", account.provider_name);
            return Err(Error::invalid("issuer", reason));
        }
        refuse_unusable(&account)?;
        let provider = acme::find_provider(store, "issuer", &account.provider_name).await?;
        return Ok((account, provider));
    }
    let Some(issuer) = issuer else {
        return Err(Error::invalid("issuer", "must name a provider; GET /api/v1/acme/providers lists them"));
    };
    let provider = acme::find_provider(store, "issuer", issuer).await?;
    let account = match accounts.find(|account| account.provider == provider.id && account.is_default) {
        Some(account) => {
            refuse_unusable(&account)?;
            account
        }
        None => first_account(ctx, owner, &provider).await?,
    };
    Ok((account, provider))
}

async fn first_account(ctx: &Context, owner: &User, provider: &Provider) -> Result<Account> {
    if provider.requires_eab {
        let name = &provider.name;
        return Err(Error::Conflict(format!(
            "you have no account at {name}, and {name} needs external account binding: create one with POST \
             /api/v1/acme/account/create (providerName, email, eabKid, eabHmacKey), then order again"
        )));
    }
    if !owner.email.can_receive() {
        return Err(Error::Conflict(format!(
            "{} is no address a CA can write to: give your own with PUT /api/v1/users/profile (email, \
             current_password), or name one in POST /api/v1/acme/account/create, then order again",
            owner.email
        )));
    }
    Ok(acme::register(ctx, owner.id, provider, owner.email.clone(), None).await?.value)
}

pub(super) fn refuse_unusable(account: &Account) -> Result<()> {
    match account.status {
        AccountStatus::Active => Ok(()),
        AccountStatus::Disabled => Err(Error::Conflict(format!(
            "ACME account {} is disabled; enable it with POST /api/v1/acme/accounts/enable",
            account.id
        ))),
        AccountStatus::Deactivated => Err(Error::Conflict(account.deactivated())),
    }
}
