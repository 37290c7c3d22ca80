use jiff::SignedDuration;

use super::{DNS_RECORDS, Records, removal};
use crate::entity;
use crate::ids::{OperationId, UserId};
use crate::operations::{self, Operation};
use crate::ports::{Key, KeyValue, Query};
use crate::{Context, Error, Result};

/// What was made or ended within this time has its removal under way.
const YOUNG: SignedDuration = SignedDuration::from_hours(1);

/// Begins the removal of records whose holder has ended, or was never committed, and that are there nevertheless;
/// gives for how many holders. Removing twice does no harm.
pub async fn sweep(ctx: &Context) -> Result<usize> {
    let store = ctx.store.as_ref();
    let before = ctx.clock.now().checked_sub(YOUNG).map_err(|e| Error::Internal(e.to_string()))?;
    let mut query = Query::of(&DNS_RECORDS, "live");
    query.index = Some("by_live");
    query.sort_at_most = Some(KeyValue::Number(before.as_millisecond()));
    let mut holders: Vec<(OperationId, UserId)> = Vec::new();
    for records in entity::every::<Records>(store, query).await? {
        let holder = (records.value.holder, records.value.owner);
        if !holders.contains(&holder) {
            holders.push(holder);
        }
    }
    let mut begun = 0;
    for (holder, owner) in holders {
        let operation = entity::find::<Operation>(store, Key::of(holder.0)).await?;
        if operation.is_some_and(|found| found.value.is_open() || found.value.updated_at > before) {
            continue;
        }
        let removal = removal(operations::next_id(store).await?, owner, holder, ctx.clock.now());
        store.write(entity::insert(&removal)?).await?;
        operations::send(ctx.queue.as_ref(), &removal).await;
        begun += 1;
    }
    Ok(begun)
}
