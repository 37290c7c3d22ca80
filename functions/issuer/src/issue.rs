use std::time::Duration;

use domain::certificates::Certificate;
use domain::entity::{self, Stored};
use domain::ids::OperationId;
use domain::operations::{self, Leased, Next, Operation, Work};
use domain::ports::{CaError, Key};
use domain::{Context, Error, Result};

use crate::LEASE;
use crate::steps::{self, Course, Order};

/// An order that a CA keeps putting off is given up after this time.
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// How often a step is done again because somebody else wrote one of the order's rows meanwhile.
const TRIES: usize = 10;

/// Why a step did not get on.
pub(crate) enum Hitch {
    /// The CA says no, and will again.
    Refused(String),
    /// Later may work.
    Later { reason: String, retry_after: Option<Duration> },
    /// A fault of our own; the job is delivered again.
    Fault(Error),
}

impl From<CaError> for Hitch {
    fn from(error: CaError) -> Self {
        match error {
            CaError::Refused(reason) | CaError::Gone(reason) => Self::Refused(reason),
            CaError::Later { reason, retry_after } => Self::Later { reason, retry_after },
        }
    }
}

impl From<Error> for Hitch {
    fn from(error: Error) -> Self {
        match error {
            // What cannot be read today cannot be read tomorrow.
            Error::Invalid { .. } | Error::NotFound { .. } | Error::Forbidden(_) | Error::Unauthenticated(_) => {
                Self::Refused(error.to_string())
            }
            Error::Conflict(_) | Error::TooMany { .. } | Error::Unavailable(_) | Error::Internal(_) => {
                Self::Fault(error)
            }
        }
    }
}

/// Brings an order as far as it goes now. Each step is recorded before the next begins; a worker that is killed is
/// followed by one that starts at the step not recorded, and looks at the order before it acts.
pub(crate) async fn issue(ctx: &Context, id: OperationId) -> Result<Next> {
    let operation = match operations::take(ctx, id, LEASE).await? {
        Leased::Ours(operation) => *operation,
        Leased::Busy(left) => return Ok(Next::Again(left)),
        Leased::Over => return Ok(Next::Done),
    };
    let Work::Issue { certificate } = operation.value.work else {
        return Err(Error::Internal(format!("operation {id} does not issue")));
    };
    let certificate: Stored<Certificate> = entity::load(ctx.store.as_ref(), Key::of(certificate.0)).await?;
    let mut order = Order::new(operation, certificate);
    let mut tries = 0;
    loop {
        match steps::next(ctx, &mut order).await {
            Ok(Course::On) => {}
            Ok(Course::Finished) => return Ok(Next::Done),
            Ok(Course::Wait(pause)) => return wait(ctx, &mut order, pause, None).await,
            Err(Hitch::Refused(reason)) => return fail(ctx, &mut order, &reason).await,
            Err(Hitch::Later { reason, retry_after }) => {
                let age = ctx.clock.now().duration_since(order.operation.value.created_at);
                if Duration::try_from(age).unwrap_or_default() > GIVE_UP_AFTER {
                    return fail(ctx, &mut order, &format!("given up after a day of trying: {reason}")).await;
                }
                let pause = retry_after.unwrap_or_else(|| backoff(&order.operation.value)).min(LONGEST_PAUSE);
                tracing::warn!(operation = %id, reason, pause = ?pause, "the CA puts the order off");
                return wait(ctx, &mut order, pause, Some(reason)).await;
            }
            Err(Hitch::Fault(Error::Conflict(_))) if tries < TRIES => {
                tries += 1;
                if !order.reload(ctx).await? {
                    return Ok(Next::Done);
                }
            }
            Err(Hitch::Fault(error)) => return Err(error),
        }
    }
}

/// Twice as long with each attempt, from a quarter of a second to a minute.
fn backoff(operation: &Operation) -> Duration {
    Duration::from_millis(250) * 2_u32.pow(operation.attempts.saturating_sub(1).min(8))
}

/// Gives the lease back, and asks to be called again: a worker never sleeps on somebody else's clock.
async fn wait(ctx: &Context, order: &mut Order, pause: Duration, reason: Option<String>) -> Result<Next> {
    let operation = &mut order.operation;
    if let Some(step) = operation.value.next_step().map(str::to_owned) {
        operation.value.begin(&step, reason, ctx.clock.now());
    }
    operation.value.lease = None;
    operation.save(ctx.store.as_ref()).await?;
    Ok(Next::Again(pause))
}

async fn fail(ctx: &Context, order: &mut Order, reason: &str) -> Result<Next> {
    let id = order.operation.value.id;
    tracing::warn!(operation = %id, certificate = %order.certificate.value.id, reason, "certificate not issued");
    let mut tries = 0;
    loop {
        let now = ctx.clock.now();
        order.operation.value.fail(reason, now);
        order.certificate.value.fail(id, reason, now)?;
        match order.record(ctx).await {
            Err(Error::Conflict(_)) if tries < TRIES && order.reload(ctx).await? => tries += 1,
            recorded => return recorded.map(|()| Next::Done),
        }
    }
}
