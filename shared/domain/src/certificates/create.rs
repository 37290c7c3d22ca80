use super::{Certificate, KeyType, Order, State, checked_note};
use crate::acme::{self, Account, AccountStatus, Provider, display_name};
use crate::entity::{self, Stored};
use crate::ids::{AccountId, CertificateId};
use crate::names::DomainName;
use crate::ports::{Expect, Key, StoreError, Write};
use crate::users::User;
use crate::{Context, Error, Result, counter};

/// The most names one certificate has (as Let's Encrypt and Google have it).
const NAMES_MAX: usize = 100;

/// What a person orders.
#[derive(Clone, Debug, Default)]
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
    /// A note.
    pub note: String,
}

/// Makes an order at the CA and a certificate that waits for its records. The order is made first: nothing is kept
/// unless the CA took it, and an order nobody follows up ends by itself.
pub async fn create(ctx: &Context, owner: &User, new: NewCertificate) -> Result<Stored<Certificate>> {
    let domain = DomainName::parse("domain", &new.domain)?;
    let alt_domains = alt_domains(&domain, &new.alt_domains)?;
    let key_type = new.encryption_type.map_or(Ok(KeyType::EcP256), |text| KeyType::parse("encryption_type", &text))?;
    let note = checked_note(new.note)?;
    let account = account(ctx, owner, new.issuer.as_deref(), new.account_id).await?;

    let names: Vec<DomainName> = std::iter::once(domain.clone()).chain(alt_domains.iter().cloned()).collect();
    let order = order(ctx, &account, &names).await?;

    let id = CertificateId(counter::next_id(ctx.store.as_ref(), "certificate").await?);
    let now = ctx.clock.now();
    let certificate = Certificate {
        id,
        owner: owner.id,
        domain,
        alt_domains,
        issuer: account.provider_name.clone(),
        account: account.id,
        key_type,
        note,
        order: Some(order),
        state: State::Unissued,
        created_at: now,
        updated_at: now,
    };
    let writes = vec![
        counter::add_one_up_to(&Certificate::total(owner.id), owner.quota.certificates.into()),
        Write::Check { table: &acme::ACCOUNTS, key: Key::of(account.id.0), expect: Expect::Present },
        entity::insert(&certificate)?,
        counter::add(&Account::references(account.id), 1),
    ];
    match ctx.store.transact(writes).await {
        Ok(()) => Ok(entity::inserted(certificate)),
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

/// Makes an order at the CA, and gives what to record of it.
pub(super) async fn order(ctx: &Context, account: &Account, names: &[DomainName]) -> Result<Order> {
    let ca_account = account.unlock(ctx.vault.as_ref()).await?;
    let order = ctx.ca.new_order(&ca_account, names).await?;
    Ok(Order { url: order.url, challenges: order.challenges })
}

fn alt_domains(domain: &DomainName, texts: &[String]) -> Result<Vec<DomainName>> {
    let mut names: Vec<DomainName> = Vec::new();
    for text in texts.iter().filter(|text| !text.trim().is_empty()) {
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
async fn account(ctx: &Context, owner: &User, issuer: Option<&str>, id: Option<AccountId>) -> Result<Account> {
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
        return active(account);
    }
    let Some(issuer) = issuer else {
        return Err(Error::invalid("issuer", "must name a provider; GET /api/v1/acme/providers lists them"));
    };
    let provider = acme::find_provider(store, "issuer", issuer).await?;
    match accounts.find(|account| account.provider == provider.id && account.is_default) {
        Some(account) => active(account),
        None => first_account(ctx, owner, &provider).await,
    }
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

pub(super) fn active(account: Account) -> Result<Account> {
    match account.status {
        AccountStatus::Active => Ok(account),
        AccountStatus::Disabled => Err(Error::Conflict(format!(
            "ACME account {} is disabled; enable it with POST /api/v1/acme/accounts/enable",
            account.id
        ))),
    }
}
