use std::time::Duration;

use super::list::RUNS_KEPT;
use super::{Deployment, Outcome, RUNS, Run, Status, alert, lock, start};
use crate::entity::Stored;
use crate::operations::{self, Operation};
use crate::ports::{Expect, Key, Query, Write};
use crate::{Context, Result};

/// The pauses after which a failed run is tried again.
const PAUSES: [Duration; 3] = [Duration::from_secs(60), Duration::from_secs(10 * 60), Duration::from_secs(100 * 60)];
/// The pause after those: a certificate that is not deployed expires in front of its visitors.
const THEN: Duration = Duration::from_secs(24 * 60 * 60);

/// How a run ends.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The outcome.
    pub outcome: Outcome,
    /// Whether trying again by itself may help.
    pub try_again: bool,
    /// What people call the deployment, e.g. `www.example.com on web1`.
    pub name: String,
}

/// Ends a run: run, operation and deployment in one transaction, in which the server is given back. One that failed is
/// tried again after 1, 10 and 100 minutes, then daily. The owner is told when this changes how the deployment stands.
pub async fn end(
    ctx: &Context,
    deployment: &mut Stored<Deployment>,
    run: &mut Stored<Run>,
    operation: &mut Stored<Operation>,
    ending: Ending,
) -> Result<()> {
    let now = ctx.clock.now();
    match &ending.outcome {
        Outcome::Deployed | Outcome::Checked => operation.value.succeed(now),
        other => operation.value.fail(other.error().unwrap_or("superseded"), now),
    }
    run.value.outcome = ending.outcome.clone();
    run.value.steps = operation.value.steps.clone();
    run.value.ended_at = Some(now);
    let value = &mut deployment.value;
    value.updated_at = now;
    if value.current.is_some_and(|current| current.run == run.value.id) {
        value.current = None;
    }
    if !run.value.dry_run {
        value.status = match run.value.outcome.clone() {
            Outcome::Failed { error } => Status::Failed { error },
            Outcome::RolledBack { error } => Status::RolledBack { error },
            Outcome::RollbackFailed { error } => Status::RollbackFailed { error },
            Outcome::Waiting | Outcome::Running | Outcome::Deployed | Outcome::Checked | Outcome::Superseded => {
                Status::Deployed
            }
        };
    }
    if run.value.outcome == Outcome::Deployed {
        value.fingerprint = run.value.fingerprint.clone();
        value.last_deployed = Some(now);
    }
    let attempts = usize::try_from(run.value.attempt).unwrap_or(usize::MAX);
    let pause = PAUSES.get(attempts.saturating_sub(1)).copied().unwrap_or(THEN);
    let mut writes = Vec::new();
    let mut next = None;
    let failed = !matches!(run.value.outcome, Outcome::Deployed | Outcome::Checked);
    if failed && ending.try_again && !run.value.dry_run {
        let (operation, made) = start::retry(ctx, value, &run.value, pause).await?;
        writes.extend(made);
        next = Some((operation, pause));
    }
    writes.extend([operation.update()?, run.update()?, deployment.update()?]);
    if !run.value.dry_run {
        writes.push(lock::release(run.value.server));
    }
    writes.extend(surplus(ctx, &run.value).await?);
    // Before the end is written: a worker killed in between tells it again, which says nothing twice.
    alert::tell(ctx, &deployment.value, &run.value, &ending.name, next.as_ref().map(|(_, pause)| *pause)).await?;
    ctx.store.transact(writes).await?;
    operation.written();
    run.written();
    deployment.written();
    if let Some((operation, pause)) = &next {
        operations::send_after(ctx.queue.as_ref(), operation, *pause).await;
    }
    Ok(())
}

/// Removes the runs that are too old to keep.
async fn surplus(ctx: &Context, run: &Run) -> Result<Vec<Write>> {
    let mut query = Query::of(&RUNS, run.deployment.0);
    query.descending = true;
    let page = ctx.store.query(query).await?;
    let ids = page.items.iter().filter_map(|item| item.get("id").and_then(serde_json::Value::as_i64));
    let old = ids.skip(RUNS_KEPT as usize).take(20).filter(|id| *id != run.id.0);
    Ok(old
        .map(|id| Write::Delete { table: &RUNS, key: Key::pair(run.deployment.0, id), expect: Expect::Any })
        .collect())
}
