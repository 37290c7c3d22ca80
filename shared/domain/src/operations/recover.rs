use super::{OPERATIONS, Operation, send_after};
use crate::entity::{self, Stored};
use crate::ports::Query;
use crate::{Context, Result};

/// Takes up what an earlier process left: breaks the leases it held, and sends the jobs of all open operations, for
/// the time that each waits for; gives how many. Only for a process that knows it is the only one, at its start.
pub async fn recover(ctx: &Context) -> Result<usize> {
    let mut query = Query::of(&OPERATIONS, "open");
    query.index = Some("by_open");
    let mut open: Vec<Stored<Operation>> = entity::every(ctx.store.as_ref(), query).await?;
    let now = ctx.clock.now();
    for operation in &mut open {
        if operation.value.lease.is_some() {
            operation.value.was_interrupted();
            operation.save(ctx.store.as_ref()).await?;
        }
        let pause = operation.value.paused(now).unwrap_or_default();
        send_after(ctx.queue.as_ref(), &operation.value, pause).await;
    }
    Ok(open.len())
}
