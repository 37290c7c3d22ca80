use std::time::Duration;

use jiff::Timestamp;

use super::{PublishError, clear_all};
use crate::ids::{OperationId, UserId};
use crate::operations::{Leased, Next, Operation, Work, take};
use crate::{Context, Error, Result};

/// How long one worker keeps the operation: longer than a provider is given for a change.
const LEASE: Duration = Duration::from_secs(90);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);
/// How long a provider that fails is tried; then the daily repair begins anew.
const GIVE_UP_AFTER: u32 = 20;

/// The operation that removes what was made for `holder`. Commit it together with the holder's end.
pub fn removal(id: OperationId, owner: UserId, holder: OperationId, now: Timestamp) -> Operation {
    Operation::new(id, owner, Work::RemoveRecords { holder }, &["remove"], now)
}

/// Does the work of [`removal`].
pub async fn remove(ctx: &Context, id: OperationId) -> Result<Next> {
    let mut operation = match take(ctx, id, LEASE).await? {
        Leased::Ours(operation) => operation,
        Leased::Busy(left) => return Ok(Next::Again(left)),
        Leased::Over => return Ok(Next::Done),
    };
    let Work::RemoveRecords { holder } = operation.value.work else {
        return Err(Error::Internal(format!("operation {id} removes no records")));
    };
    let cleared = match operation.value.set_aside() {
        Some(reason) => Err(PublishError::Refused(reason)),
        None => clear_all(ctx, id, holder).await,
    };
    let (row, now) = (&mut operation.value, ctx.clock.now());
    let next = match cleared {
        Ok(()) => {
            row.succeed(now);
            Next::Done
        }
        Err(PublishError::Fault(error)) => return Err(error),
        Err(PublishError::Refused(reason)) => {
            tracing::warn!(operation = %id, reason, "DNS records not removed; tried again tomorrow");
            row.fail(&reason, now);
            Next::Done
        }
        Err(PublishError::Later { reason, .. }) if row.attempts >= GIVE_UP_AFTER => {
            tracing::warn!(operation = %id, reason, "DNS records not removed; tried again tomorrow");
            row.fail(&reason, now);
            Next::Done
        }
        Err(PublishError::Later { reason, retry_after }) => {
            let own = Duration::from_secs(2_u64.saturating_pow(row.attempts.min(12)));
            let pause = retry_after.unwrap_or(own).min(LONGEST_PAUSE);
            row.pause(pause, Some(reason), now);
            Next::Again(pause)
        }
    };
    operation.save(ctx.store.as_ref()).await?;
    Ok(next)
}
