use std::time::Duration;

use jiff::Timestamp;

use super::{Cause, Current, Deployment, Outcome, Run, Status};
use crate::certificates::Certificate;
use crate::entity::{self, Stored};
use crate::ids::DeploymentRunId;
use crate::operations::{self, Operation, Work};
use crate::ports::{Key, Store, Write};
use crate::users::Viewer;
use crate::{Context, Error, Result, counter};

/// What a run does, in order.
pub const STEPS: &[&str] = &["connect", "check", "upload", "backup", "swap", "test", "reload", "verify", "finish"];

/// What a dry run does, in order.
pub const DRY_STEPS: &[&str] = &["connect", "check", "inspect"];

/// A run that waits, with its operation.
type Waiting = (Stored<Run>, Stored<Operation>);

/// Starts a run of a deployment. One that waits after a failure gives way, unless
/// the new one only looks; one that is at work does not.
pub async fn start(
    ctx: &Context,
    deployment: &mut Stored<Deployment>,
    cause: Cause,
    dry_run: bool,
) -> Result<Stored<Run>> {
    let store = ctx.store.as_ref();
    let now = ctx.clock.now();
    let waiting = refuse_while_at_work(ctx, &deployment.value).await?;
    let (run, operation) = new_run(store, &deployment.value, cause, dry_run, 1, now).await?;
    let mut writes = vec![entity::insert(&run)?, entity::insert(&operation)?];
    // Looking takes nothing's turn.
    let beside = dry_run && waiting.is_some();
    if let Some((mut earlier, mut its)) = waiting.filter(|_| !dry_run) {
        supersede(&mut earlier.value, &mut its.value, &format!("run {} came before it", run.id), now);
        writes.extend([earlier.update()?, its.update()?]);
    }
    let value = &mut deployment.value;
    if !beside {
        value.current = Some(Current { run: run.id, operation: operation.id });
    }
    if !dry_run {
        value.status = Status::Running;
    }
    if let Cause::Renewed { rollout } = cause {
        value.rolled_out_by = Some(rollout);
    }
    value.updated_at = now;
    writes.push(deployment.update()?);
    store.transact(writes).await?;
    deployment.written();
    operations::send(ctx.queue.as_ref(), &operation).await;
    Ok(entity::inserted(run))
}

/// Starts a run because somebody asks for it. If they may reach the certificate, the run counts on their right to it,
/// and so do the runs after it.
pub async fn start_by(
    ctx: &Context,
    viewer: &Viewer,
    deployment: &mut Stored<Deployment>,
    dry_run: bool,
) -> Result<Stored<Run>> {
    let store = ctx.store.as_ref();
    if deployment.value.owner != viewer.user && deployment.value.allowed_by != Some(viewer.user) {
        let certificate: Option<Stored<Certificate>> =
            entity::find(store, Key::of(deployment.value.certificate.0)).await?;
        if let Some(certificate) = certificate
            && viewer.may_reach(store, certificate.value.owner).await?
        {
            deployment.value.allowed_by = Some(viewer.user);
        }
    }
    start(ctx, deployment, Cause::Asked, dry_run).await
}

/// The rows of a run that begins at once.
async fn new_run(
    store: &dyn Store,
    deployment: &Deployment,
    cause: Cause,
    dry_run: bool,
    attempt: u32,
    now: Timestamp,
) -> Result<(Run, Operation)> {
    let id = DeploymentRunId(counter::next_id(store, "deployment-run").await?);
    let operation = operations::next_id(store).await?;
    let work = Work::Deploy { deployment: deployment.id, run: id };
    let steps = if dry_run { DRY_STEPS } else { STEPS };
    let operation = Operation::new(operation, deployment.owner, work, steps, now);
    let run = Run {
        id,
        deployment: deployment.id,
        owner: deployment.owner,
        certificate: deployment.certificate,
        server: deployment.server,
        operation: operation.id,
        cause,
        attempt,
        dry_run,
        outcome: Outcome::Running,
        fingerprint: None,
        before: None,
        rollback: None,
        lost_since: None,
        looks: 0,
        steps: operation.steps.clone(),
        created_at: now,
        started_at: None,
        ended_at: None,
    };
    Ok((run, operation))
}

/// The rows of a run that begins after a pause, and the writes that make it.
pub(super) async fn retry(
    ctx: &Context,
    deployment: &mut Deployment,
    failed: &Run,
    pause: Duration,
) -> Result<(Operation, Vec<Write>)> {
    let now = ctx.clock.now();
    let cause = Cause::Retry { of: failed.id };
    let (mut run, mut operation) =
        new_run(ctx.store.as_ref(), deployment, cause, false, failed.attempt + 1, now).await?;
    run.outcome = Outcome::Waiting;
    operation.resume_at = now.checked_add(pause).ok();
    deployment.current = Some(Current { run: run.id, operation: operation.id });
    let writes = vec![entity::insert(&run)?, entity::insert(&operation)?];
    Ok((operation, writes))
}

/// Refuses to touch a deployment whose run is at work; gives the one that waits for its time.
pub(super) async fn refuse_while_at_work(ctx: &Context, deployment: &Deployment) -> Result<Option<Waiting>> {
    let Some(current) = deployment.current else { return Ok(None) };
    let keys = (Key::pair(deployment.id.0, current.run.0), Key::of(current.operation.0));
    let found = entity::find_both::<Run, Operation>(ctx.store.as_ref(), keys.0, keys.1).await?;
    let (Some(run), Some(operation)) = found else { return Ok(None) };
    if !operation.value.is_open() {
        return Ok(None);
    }
    if run.value.outcome == Outcome::Waiting && operation.value.attempts == 0 {
        return Ok(Some((run, operation)));
    }
    Err(Error::Conflict(format!(
        "run {} of this deployment is at work; GET /api/operations/{} shows how far it is",
        run.value.id, operation.value.id
    )))
}

/// Ends a run that waits, because something else comes before it.
pub(super) fn supersede(run: &mut Run, operation: &mut Operation, reason: &str, now: Timestamp) {
    operation.fail(reason, now);
    run.outcome = Outcome::Superseded;
    run.ended_at = Some(now);
    run.steps = operation.steps.clone();
}
