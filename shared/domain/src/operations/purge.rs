use std::time::Duration;

use super::{Leased, Work, take};
use crate::ids::OperationId;
use crate::{Context, Result};

/// Removes the secrets an operation names. Removing twice does no harm, so that any interruption is followed by
/// another try from the start.
pub async fn purge(ctx: &Context, id: OperationId) -> Result<()> {
    let Leased::Ours(mut operation) = take(ctx, id, Duration::from_secs(60)).await? else { return Ok(()) };
    if let Work::Purge { secrets } = &operation.value.work {
        for secret in secrets {
            ctx.vault.delete(secret).await?;
        }
    }
    operation.value.succeed(ctx.clock.now());
    operation.save(ctx.store.as_ref()).await
}
