use std::time::Duration;

use domain::deployments::{self, Outcome};
use domain::entity::Stored;
use domain::ids::OperationId;
use domain::operations::{self, Leased, Next, Operation};
use domain::ports::{RemoteError, StoreError};
use domain::{Context, Error};

use crate::LEASE;
use crate::attempt::Attempt;
use crate::hitch::{Course, Hitch, Stop, may_pass};
use crate::rollback::{give_up, turn_round};
use crate::steps;
use crate::verify::since;

/// How long a server that cannot be reached is tried while nothing has been changed on it.
const PATIENCE: Duration = Duration::from_secs(2 * 60);
/// How long it is tried once something has.
const LONG_PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How long a run waits before it looks again whether another has left the server.
const TURN: Duration = Duration::from_secs(1);
/// How often a step is done again because somebody else wrote one of the rows meanwhile.
const TRIES: usize = 10;

/// Brings a run as far as it goes now. Each step is recorded before the next begins; a worker that is killed is followed
/// by one that starts at the step not recorded, and every step looks before it acts.
pub(crate) async fn deploy(ctx: &Context, id: OperationId) -> domain::Result<Next> {
    let operation = match operations::take(ctx, id, LEASE).await? {
        Leased::Ours(operation) => *operation,
        Leased::Busy(left) => return Ok(Next::Again(left)),
        Leased::Over => return Ok(Next::Done),
    };
    let mut attempt = match Attempt::load(ctx, operation.clone()).await {
        Err(Error::NotFound { what }) => return gone(ctx, operation, what).await,
        loaded => loaded?,
    };
    let mut tries = 0;
    loop {
        match go_on(ctx, &mut attempt).await {
            Ok(next) => return Ok(next),
            Err(Stop::Overtaken) if tries < TRIES => {
                tries += 1;
                if !attempt.reload(ctx).await? {
                    tracing::warn!(operation = %id, "the lease ran out; another worker goes on");
                    return Ok(Next::Done);
                }
            }
            Err(Stop::Overtaken) => return Err(StoreError::Unexpected { index: 0 }.into()),
            Err(Stop::Fault(error)) => return Err(error),
        }
    }
}

/// Ends a run that was deleted while it looked.
async fn gone(ctx: &Context, mut operation: Stored<Operation>, what: &str) -> domain::Result<Next> {
    operation.value.fail(&format!("the {what} was deleted"), ctx.clock.now());
    operation.save(ctx.store.as_ref()).await?;
    Ok(Next::Done)
}

/// Does step after step until the run is at its end or has to wait.
async fn go_on(ctx: &Context, attempt: &mut Attempt) -> Result<Next, Stop> {
    let operation = attempt.operation.value.id;
    if !attempt.run.value.dry_run && !deployments::take_turn(ctx, attempt.server.id, operation).await? {
        attempt.pause(ctx, TURN, Some("another run is at work on this server".into())).await?;
        return Ok(Next::Again(TURN));
    }
    let mut stopped = match attempt.operation.value.set_aside() {
        Some(reason) => Some(reason),
        // What was begun to be taken back is taken back.
        None if attempt.run.value.rollback.is_some() => None,
        None => deployments::stopped(ctx, &attempt.deployment.value, &attempt.certificate, &attempt.server).await?,
    };
    loop {
        let step = match stopped.take() {
            Some(reason) => Err(Hitch::refused(reason)),
            None => steps::next(ctx, attempt).await,
        };
        let hitch = match step {
            Ok(Course::On) => continue,
            Ok(Course::Ended) => return Ok(Next::Done),
            Ok(Course::Wait(pause, why)) => {
                attempt.pause(ctx, pause, why).await?;
                return Ok(Next::Again(pause));
            }
            Err(hitch) => hitch,
        };
        let course = match hitch {
            Hitch::Failed { reason, try_again } => failed(ctx, attempt, reason, try_again).await,
            Hitch::Lost(error) => lost(ctx, attempt, error).await,
            Hitch::Stopped(stop) => return Err(stop),
        };
        match course {
            Ok(Course::On) => {}
            Ok(Course::Ended) => return Ok(Next::Done),
            Ok(Course::Wait(pause, why)) => {
                attempt.pause(ctx, pause, why).await?;
                return Ok(Next::Again(pause));
            }
            Err(Hitch::Stopped(stop)) => return Err(stop),
            Err(Hitch::Failed { reason, .. }) => return Err(Stop::Fault(Error::Internal(reason))),
            Err(Hitch::Lost(error)) => return Err(Stop::Fault(Error::Internal(error.to_string()))),
        }
    }
}

/// What becomes of a run that cannot succeed: nothing was changed, or it is taken back, or it cannot even be that.
async fn failed(ctx: &Context, attempt: &mut Attempt, reason: String, try_again: bool) -> Result<Course, Hitch> {
    if attempt.run.value.rollback.is_some() {
        return give_up(ctx, attempt, &reason).await;
    }
    if attempt.has_changed_something() {
        turn_round(ctx, attempt, reason).await?;
        return Ok(Course::On);
    }
    let error = format!("{reason}; nothing that is served was changed");
    Ok(attempt.end(ctx, Outcome::Failed { error }, try_again).await?)
}

/// What becomes of a run whose server is not reached: it waits, and in the end is given up.
async fn lost(ctx: &Context, attempt: &mut Attempt, error: RemoteError) -> Result<Course, Hitch> {
    let now = ctx.clock.now();
    let changed = attempt.has_changed_something();
    if !changed && !may_pass(&error) {
        // A false server, or one that lets nobody in: somebody has to do something there, or here.
        let try_again = matches!(error, RemoteError::LoginRefused(_) | RemoteError::NoShell(_));
        return failed(ctx, attempt, error.to_string(), try_again).await;
    }
    let lost_since = *attempt.run.value.lost_since.get_or_insert(now);
    let waited = since(ctx, lost_since);
    let patience = if changed { LONG_PATIENCE } else { PATIENCE };
    if waited < patience {
        let pause = (waited / 2).clamp(Duration::from_millis(250), Duration::from_secs(15));
        return Ok(Course::Wait(pause, Some(error.to_string())));
    }
    let reason = format!("the server was not reached for {} minutes: {error}", waited.as_secs() / 60);
    if changed { give_up(ctx, attempt, &reason).await } else { failed(ctx, attempt, reason, true).await }
}
