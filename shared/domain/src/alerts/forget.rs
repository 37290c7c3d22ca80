use super::observe::{alert_of, end};
use super::standing::Standing;
use super::{Kind, STANDINGS, Subject};
use crate::entity::{self, Stored};
use crate::ports::Key;
use crate::{Context, Result};

/// Ends what stands of a subject that is deleted, without telling anybody. One read where nothing stands. A failure is
/// only logged: what was deleted is deleted.
pub async fn forget(ctx: &Context, subject: Subject) {
    if let Err(error) = end_all(ctx, subject).await {
        tracing::warn!(?subject, %error, "alerts of what was deleted still stand");
    }
}

async fn end_all(ctx: &Context, subject: Subject) -> Result<()> {
    let store = ctx.store.as_ref();
    let keys = Kind::ALL.map(|kind| (&STANDINGS, Key::of(Standing::name(subject, kind))));
    for item in store.get_many(keys.to_vec()).await?.into_iter().flatten() {
        let standing: Stored<Standing> = entity::from_item(item)?;
        let mut alert = alert_of(store, &standing.value).await?;
        store.transact(end(&standing, &mut alert, ctx.clock.now())?).await?;
    }
    Ok(())
}
