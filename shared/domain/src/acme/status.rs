use super::AccountStatus;
use super::set_default::load;
use crate::ids::AccountId;
use crate::users::Viewer;
use crate::{Context, Error, Result};

/// `disabled | deactivated → active` (002 §4); active already is a success. One that its CA has deactivated is marked so
/// again at its next order.
pub async fn enable(ctx: &Context, viewer: &Viewer, id: AccountId) -> Result<()> {
    change(ctx, viewer, id, AccountStatus::Active).await
}

/// `active → disabled` (002 §5); never the default account.
pub async fn disable(ctx: &Context, viewer: &Viewer, id: AccountId) -> Result<()> {
    change(ctx, viewer, id, AccountStatus::Disabled).await
}

async fn change(ctx: &Context, viewer: &Viewer, id: AccountId, status: AccountStatus) -> Result<()> {
    let mut account = load(ctx, viewer, id).await?;
    if status == AccountStatus::Disabled && account.value.is_default {
        return Err(Error::Conflict(
            "cannot disable default account, please set another account as default first".into(),
        ));
    }
    if account.value.status != status {
        (account.value.status, account.value.updated_at) = (status, ctx.clock.now());
        account.save(ctx.store.as_ref()).await?;
    }
    Ok(())
}
