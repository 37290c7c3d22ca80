use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::{Account, AccountStatus, DefaultAccount, Provider, find_provider};
use crate::entity::{self, Stored};
use crate::ids::{AccountId, UserId};
use crate::jobs::Job;
use crate::names::Email;
use crate::ports::{CaError, ExternalAccountBinding, Key, QueueName, Schedule, ScheduleName, StoreError, When};
use crate::{Context, Error, Result, counter};

/// Long after any registration has ended, one way or the other.
const REAP_AFTER: Duration = Duration::from_secs(60 * 60);

/// What a person gives to register an account.
#[derive(Debug)]
pub struct NewAccount {
    /// The provider's name.
    pub provider_name: String,
    /// The contact for the CA.
    pub email: String,
    /// The EAB key identifier; empty where the CA needs none.
    pub eab_kid: String,
    /// The EAB MAC key, base64url; empty where the CA needs none.
    pub eab_hmac_key: SecretString,
}

/// Registers an account at a CA. An owner's first account at a CA becomes the default there.
pub async fn create(ctx: &Context, owner: UserId, new: NewAccount) -> Result<Stored<Account>> {
    let email = Email::parse("email", &new.email)?;
    let provider = find_provider(ctx.store.as_ref(), "providerName", &new.provider_name).await?;
    let (kid, key) = (new.eab_kid.trim().to_owned(), new.eab_hmac_key);
    let binding = match (kid.is_empty(), key.expose_secret().trim().is_empty()) {
        (true, true) => None,
        (false, false) if !is_base64(key.expose_secret()) => {
            return Err(Error::invalid("eabHmacKey", "must be base64url, as the CA's website shows it"));
        }
        (false, false) => Some(ExternalAccountBinding { kid, hmac_key: key }),
        (true, false) => return Err(Error::invalid("eabKid", "must be given together with eabHmacKey")),
        (false, true) => return Err(Error::invalid("eabHmacKey", "must be given together with eabKid")),
    };
    if provider.requires_eab && binding.is_none() {
        let reason = format!("is needed for an account at {}; its website shows both EAB values", provider.name);
        return Err(Error::invalid("eabKid", reason));
    }
    register(ctx, owner, &provider, email, binding.as_ref()).await
}

/// Registers an account with values that have been checked.
pub async fn register(
    ctx: &Context,
    owner: UserId,
    provider: &Provider,
    email: Email,
    binding: Option<&ExternalAccountBinding>,
) -> Result<Stored<Account>> {
    let store = ctx.store.as_ref();
    let registered = match ctx.ca.register(&provider.directory, &email, binding).await {
        Err(CaError::Refused(reason)) if binding.is_some() => {
            let hint = "if it is about the binding, check eabKid and eabHmacKey against the CA's website";
            return Err(CaError::Refused(format!("{reason}; {hint}")).into());
        }
        other => other?,
    };
    let id = AccountId(counter::next_id(store, "acme-account").await?);
    let now = ctx.clock.now();
    schedule_reaping(ctx, id, now).await?;
    ctx.vault.put(&Account::secret(id), &registered.credentials).await?;
    let mut account = Account {
        id,
        owner,
        provider: provider.id,
        provider_name: provider.name.clone(),
        directory: provider.directory.clone(),
        email,
        status: AccountStatus::Active,
        is_default: true,
        account_url: registered.account_url,
        waits: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    let default = DefaultAccount { owner, provider: provider.id, account: id };
    let as_first = vec![entity::insert(&default)?, entity::insert(&account)?];
    match store.transact(as_first).await {
        Ok(()) => return Ok(entity::inserted(account)),
        Err(StoreError::Unexpected { index: 0 }) => account.is_default = false,
        Err(error) => return Err(error.into()),
    }
    store.write(entity::insert(&account)?).await?;
    Ok(entity::inserted(account))
}

/// Base64 in either alphabet: websites show both.
fn is_base64(text: &str) -> bool {
    let text = text.trim().trim_end_matches('=');
    text.len() % 4 != 1 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_+/".contains(&b))
}

/// Dying between the vault and the store would leave a key that belongs to nothing: later somebody looks.
async fn schedule_reaping(ctx: &Context, account: AccountId, now: Timestamp) -> Result<()> {
    let at = now.checked_add(REAP_AFTER).map_err(|e| Error::Internal(e.to_string()))?;
    let schedule = Schedule {
        name: ScheduleName(format!("reap-acme-account/{account}")),
        when: When::At(at),
        queue: QueueName::Issuer,
        job: Job::Reap { account },
    };
    Ok(ctx.scheduler.set(schedule).await?)
}

/// Removes the key of an account that was never recorded; one that was keeps it.
pub async fn reap(ctx: &Context, id: AccountId) -> Result<()> {
    if entity::find::<Account>(ctx.store.as_ref(), Key::of(id.0)).await?.is_none() {
        ctx.vault.delete(&Account::secret(id)).await?;
    }
    Ok(())
}
