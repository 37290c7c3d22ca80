use super::{Account, AccountStatus, DefaultAccount};
use crate::entity::{self, Stored};
use crate::ids::{AccountId, ProviderId};
use crate::ports::Key;
use crate::users::Viewer;
use crate::{Context, Error, Result};

/// Makes an account the default at its CA, in place of the one that was (002 §3).
pub async fn set_default(ctx: &Context, viewer: &Viewer, provider: ProviderId, id: AccountId) -> Result<()> {
    let store = ctx.store.as_ref();
    let mut account = load(ctx, viewer, id).await?;
    if account.value.provider != provider {
        let reason = format!("account {id} is at provider {}, not at {provider}", account.value.provider);
        return Err(Error::invalid("providerId", reason));
    }
    match account.value.status {
        AccountStatus::Active => {}
        AccountStatus::Disabled => {
            let words = "only an active account can be set as default, please enable it first";
            return Err(Error::Conflict(words.into()));
        }
        AccountStatus::Deactivated => return Err(Error::Conflict(account.value.deactivated())),
    }
    if account.value.is_default {
        return Ok(());
    }
    let mut default: Stored<DefaultAccount> =
        entity::load(store, DefaultAccount::key_of(account.value.owner, provider)).await?;
    if default.value.account == id {
        // Somebody else has just made it the default.
        return Ok(());
    }
    let mut old: Stored<Account> = entity::load(store, Key::of(default.value.account.0)).await?;
    let now = ctx.clock.now();
    (old.value.is_default, old.value.updated_at) = (false, now);
    (account.value.is_default, account.value.updated_at) = (true, now);
    default.value.account = id;
    Ok(store.transact(vec![default.update()?, old.update()?, account.update()?]).await?)
}

/// An account the viewer may see.
pub(super) async fn load(ctx: &Context, viewer: &Viewer, id: AccountId) -> Result<Stored<Account>> {
    let account: Stored<Account> = entity::load(ctx.store.as_ref(), Key::of(id.0)).await?;
    viewer.require(ctx.store.as_ref(), account.value.owner, "account").await?;
    Ok(account)
}
