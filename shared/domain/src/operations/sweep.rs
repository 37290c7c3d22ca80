use std::time::Duration;

use super::{OPERATIONS, Operation, send};
use crate::entity;
use crate::ports::{KeyValue, Query};
use crate::{Context, Error, Result};

/// The name of the schedule that runs the sweep.
pub const SWEEP_SCHEDULE: &str = "sweep";

/// An open operation untouched for this long is taken to have lost its job.
const LOST_AFTER: Duration = Duration::from_secs(60);

/// Sends the jobs of open operations that nobody has touched for a minute; gives how many. One that waits for a time
/// has its job on the queue until then, and is left alone. A job sent twice does no harm: the lease lets one in.
pub async fn sweep(ctx: &Context) -> Result<usize> {
    let now = ctx.clock.now();
    let before = now.checked_sub(LOST_AFTER).map_err(|e| Error::Internal(e.to_string()))?;
    let mut query = Query::of(&OPERATIONS, "open");
    query.index = Some("by_open");
    query.sort_at_most = Some(KeyValue::Number(before.as_millisecond()));
    let mut sent = 0;
    for operation in entity::every::<Operation>(ctx.store.as_ref(), query).await? {
        if operation.value.held(now).is_none() {
            send(ctx.queue.as_ref(), &operation.value).await;
            sent += 1;
        }
    }
    Ok(sent)
}
