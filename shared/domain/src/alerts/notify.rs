use std::time::Duration;

use crate::ids::OperationId;
use crate::operations::{Leased, Next, take};
use crate::{Context, Result};

const LEASE: Duration = Duration::from_secs(60);

/// Gives an alert's news to every channel of its owner.
pub async fn notify(ctx: &Context, id: OperationId) -> Result<Next> {
    let mut operation = match take(ctx, id, LEASE).await? {
        Leased::Ours(operation) => operation,
        Leased::Busy(left) => return Ok(Next::Again(left)),
        Leased::Over => return Ok(Next::Done),
    };
    operation.value.succeed(ctx.clock.now());
    operation.save(ctx.store.as_ref()).await?;
    Ok(Next::Done)
}
