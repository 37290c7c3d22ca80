use std::time::Duration;

use super::{Leased, Next, Work, take};
use crate::ids::OperationId;
use crate::{Context, Result};

/// Removes the secrets an operation names. Removing twice does no harm, so that any interruption is followed by
/// another try from the start.
pub async fn purge(ctx: &Context, id: OperationId) -> Result<Next> {
    let mut operation = match take(ctx, id, Duration::from_secs(60)).await? {
        Leased::Ours(operation) => operation,
        Leased::Busy(left) => return Ok(Next::Again(left)),
        Leased::Over => return Ok(Next::Done),
    };
    if let Some(reason) = operation.value.set_aside() {
        operation.value.fail(&reason, ctx.clock.now());
        operation.save(ctx.store.as_ref()).await?;
        return Ok(Next::Done);
    }
    if let Work::Purge { secrets } = &operation.value.work {
        for secret in secrets {
            ctx.vault.delete(secret).await?;
        }
    }
    operation.value.succeed(ctx.clock.now());
    operation.save(ctx.store.as_ref()).await?;
    Ok(Next::Done)
}
