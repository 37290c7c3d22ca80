use super::{Account, AccountStatus, of_owner};
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
    if account.value.status != AccountStatus::Active {
        return Err(Error::Conflict("only an active account can be set as default, please enable it first".into()));
    }
    if account.value.is_default {
        return Ok(());
    }
    let now = ctx.clock.now();
    let mut writes = Vec::new();
    for mut other in of_owner(store, account.value.owner).await? {
        if other.value.is_default && other.value.provider == provider {
            if other.value.id == id {
                // Somebody else has just made it the default.
                return Ok(());
            }
            (other.value.is_default, other.value.updated_at) = (false, now);
            writes.push(other.update()?);
        }
    }
    (account.value.is_default, account.value.updated_at) = (true, now);
    writes.push(account.update()?);
    Ok(store.transact(writes).await?)
}

/// An account the viewer may see.
pub(super) async fn load(ctx: &Context, viewer: &Viewer, id: AccountId) -> Result<Stored<Account>> {
    let account: Stored<Account> = entity::load(ctx.store.as_ref(), Key::of(id.0)).await?;
    viewer.require(ctx.store.as_ref(), account.value.owner, "account").await?;
    Ok(account)
}
