use std::time::Duration;

use domain::ids::OperationId;
use domain::operations::{self, Leased, Next, Work};
use domain::{Context, Error, deployments};

use crate::LEASE;

/// A rollout that has had to wait for other runs this long leaves it at that.
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Starts the runs of a rollout.
pub(crate) async fn roll_out(ctx: &Context, id: OperationId) -> domain::Result<Next> {
    let mut operation = match operations::take(ctx, id, LEASE).await? {
        Leased::Ours(operation) => operation,
        Leased::Busy(left) => return Ok(Next::Again(left)),
        Leased::Over => return Ok(Next::Done),
    };
    let Work::Rollout { certificate } = operation.value.work else {
        return Err(Error::Internal(format!("operation {id} is no rollout")));
    };
    if let Some(reason) = operations::stopped(ctx, &operation.value, &[]).await? {
        operation.value.fail(&reason, ctx.clock.now());
        operation.save(ctx.store.as_ref()).await?;
        return Ok(Next::Done);
    }
    let pause = deployments::start_each(ctx, id, certificate).await?;
    let now = ctx.clock.now();
    let age = Duration::try_from(now.duration_since(operation.value.created_at)).unwrap_or_default();
    match pause {
        None => operation.value.succeed(now),
        Some(_) if age > GIVE_UP_AFTER => operation.value.fail("other runs were at work for a day", now),
        Some(pause) => operation.value.pause(pause, Some("other runs are at work".into()), now),
    }
    operation.save(ctx.store.as_ref()).await?;
    Ok(pause.filter(|_| operation.value.is_open()).map_or(Next::Done, Next::Again))
}
