use super::{Monitor, schedule};
use crate::alerts::{self, Subject};
use crate::entity::{self, Entity, Stored};
use crate::ports::StoreError;
use crate::{Context, Error, Result, counter};

/// How often it is tried over checks that are recorded meanwhile.
const TRIES: usize = 5;

/// Deletes a monitor and its schedule. Its history ends by itself.
pub async fn delete(ctx: &Context, monitor: &mut Stored<Monitor>) -> Result<()> {
    let store = ctx.store.as_ref();
    let mut tries = 0;
    loop {
        let total = counter::add(&Monitor::total(monitor.value.owner), -1);
        tries += 1;
        match store.transact(vec![monitor.delete(), total]).await {
            Ok(()) => break,
            Err(StoreError::Unexpected { .. }) if tries < TRIES => {
                *monitor = entity::load(store, monitor.value.key()).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    // It is not told any more, and nobody has to know.
    alerts::forget(ctx, Subject::Monitor(monitor.value.id)).await;
    // A check that comes nevertheless finds no monitor.
    ctx.scheduler.cancel(&schedule::name(monitor.value.id)).await.map_err(Error::from).or_else(|error| {
        tracing::warn!(monitor = %monitor.value.id, %error, "schedule not removed; it ends with its next check");
        Ok(())
    })
}
