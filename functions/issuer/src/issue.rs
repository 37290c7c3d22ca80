use std::time::Duration;

use domain::certificates::{self, Certificate};
use domain::entity;
use domain::ids::OperationId;
use domain::operations::{self, Leased, Next, Operation, Work};
use domain::ports::{CaError, Key, StoreError};
use domain::{Context, Error};

use crate::steps::{self, Course, Order};
use crate::{LEASE, follow_up};

/// An order that a CA keeps putting off is given up after this time.
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// The shortest pause between two tries, even where the CA asks for none.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// A renewal that is not placed yet ends rather than wait this long for its CA, and is begun again then.
const PUT_OFF_FROM: Duration = Duration::from_secs(60);
/// An order that the CA has not known for this long is gone.
const GONE_AFTER: Duration = Duration::from_secs(10 * 60);
/// The longest pause while the CA may be catching up.
const LONGEST_CATCHING_UP: Duration = Duration::from_secs(30);

/// How often steps are done again because somebody else wrote one of the order's rows meanwhile, in one delivery. A person
/// who writes all the time must not win: the job would come again two minutes later.
const TRIES: usize = 100;

/// Why a step did not get on.
pub(crate) enum Hitch {
    /// The CA says no, and will again.
    Refused(String),
    /// Later may work.
    Later { party: Party, reason: String, retry_after: Option<Duration> },
    /// The CA does not know the order, or a part of it: its servers may have to catch up with each other.
    Missing(String),
    /// The fault is ours.
    Stopped(Stop),
}

/// Who puts an order off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    Ca,
    DnsProvider,
    NameServers,
}

impl Party {
    fn words(self) -> &'static str {
        match self {
            Self::Ca => "the CA",
            Self::DnsProvider => "the DNS provider",
            Self::NameServers => "what the name servers show",
        }
    }
}

/// Why a worker cannot go on with what it knows.
pub(crate) enum Stop {
    /// Somebody wrote one of the rows since they were read: a person changed the note, or the lease ran out and another
    /// worker has the operation now.
    Overtaken,
    /// A fault of our own; the job is delivered again.
    Fault(Error),
}

impl From<CaError> for Hitch {
    fn from(error: CaError) -> Self {
        match error {
            CaError::Refused(reason) => Self::Refused(reason),
            CaError::NoAccount(reason) => Self::Refused(format!(
                "the CA has deactivated the ACME account, or does not know it any more: {reason}; register another with \
                 POST /api/v1/acme/account/create, and order with that one"
            )),
            CaError::Gone(reason) => Self::Missing(reason),
            CaError::Later { reason, retry_after } => Self::Later { party: Party::Ca, reason, retry_after },
        }
    }
}

impl From<Stop> for Hitch {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<Error> for Hitch {
    fn from(error: Error) -> Self {
        match error {
            // What cannot be read today cannot be read tomorrow.
            Error::Invalid { .. } | Error::NotFound { .. } | Error::Forbidden(_) | Error::Unauthenticated(_) => {
                Self::Refused(error.to_string())
            }
            Error::Conflict(_)
            | Error::TooMany { .. }
            | Error::Unavailable(_)
            | Error::PutOff { .. }
            | Error::Internal(_) => Self::Stopped(Stop::Fault(error)),
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Fault(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unexpected { .. } => Self::Overtaken,
            StoreError::Busy(_) | StoreError::Unreachable(_) | StoreError::Failed(_) => Self::Fault(error.into()),
        }
    }
}

/// Brings an order as far as it goes now. Each step is recorded before the next begins; a worker that is killed is
/// followed by one that starts at the step not recorded, and looks at the order before it acts.
pub(crate) async fn issue(ctx: &Context, id: OperationId) -> domain::Result<Next> {
    let operation = match operations::take(ctx, id, LEASE).await? {
        Leased::Ours(operation) => *operation,
        Leased::Busy(left) => return Ok(Next::Again(left)),
        Leased::Over => return Ok(Next::Done),
    };
    let Work::Issue { certificate } = operation.value.work else {
        return Err(Error::Internal(format!("operation {id} does not issue")));
    };
    let Some(certificate) = entity::find::<Certificate>(ctx.store.as_ref(), Key::of(certificate.0)).await? else {
        return follow_up::deleted(ctx, operation).await;
    };
    let stopped = match operation.value.set_aside() {
        Some(reason) => Some(reason),
        None => certificates::stopped(ctx, &certificate.value).await?,
    };
    let mut order = Order::new(operation, certificate);
    let mut tries = 0;
    loop {
        if order.certificate.value.operation() != Some(id) {
            return abandon(ctx, &mut order).await;
        }
        let gone_on = match &stopped {
            Some(reason) => fail(ctx, &mut order, reason).await,
            None => go_on(ctx, &mut order).await,
        };
        match gone_on {
            Ok(next) => return Ok(next),
            Err(Stop::Overtaken) if tries < TRIES => {
                tries += 1;
                if !order.reload(ctx).await? {
                    tracing::warn!(operation = %id, "the lease ran out; another worker goes on");
                    return Ok(Next::Done);
                }
            }
            Err(Stop::Overtaken) => return Err(StoreError::Unexpected { index: 0 }.into()),
            Err(Stop::Fault(error)) if is_old(ctx, &order) => {
                tracing::error!(operation = %id, %error, "an order is given up");
                return match fail(ctx, &mut order, "given up after a day of faults inside; the log says which").await {
                    Ok(next) => Ok(next),
                    Err(_) => Err(error),
                };
            }
            Err(Stop::Fault(error)) => return Err(error),
        }
    }
}

/// Does step after step until the order is at its end or has to wait, and records which.
async fn go_on(ctx: &Context, order: &mut Order) -> Result<Next, Stop> {
    loop {
        match steps::next(ctx, order).await {
            Ok(Course::On) => {}
            Ok(Course::Finished) => return Ok(Next::Done),
            Ok(Course::Wait(_)) if is_old(ctx, order) => {
                return fail(ctx, order, "given up after a day: the CA has not got on with the order").await;
            }
            Ok(Course::Wait(pause)) => return wait(ctx, order, pause, None).await,
            Err(Hitch::Refused(reason)) => return fail(ctx, order, &reason).await,
            Err(Hitch::Missing(reason)) => return missing(ctx, order, reason).await,
            Err(Hitch::Later { party: Party::Ca, reason, retry_after: Some(asked) })
                if asked >= PUT_OFF_FROM && is_unplaced_renewal(order) =>
            {
                return put_off(ctx, order, &reason, asked).await;
            }
            Err(Hitch::Later { reason, .. }) if is_old(ctx, order) => {
                return fail(ctx, order, &format!("given up after a day of trying: {reason}")).await;
            }
            Err(Hitch::Later { party, reason, retry_after }) => {
                let own = backoff(&order.operation.value);
                let pause = retry_after.map_or(own, |asked| asked.max(SHORTEST_PAUSE));
                let operation = order.operation.value.id;
                tracing::warn!(%operation, reason, ?pause, "{} puts the order off", party.words());
                return wait(ctx, order, pause, Some(reason)).await;
            }
            Err(Hitch::Stopped(stop)) => return Err(stop),
        }
    }
}

/// The CA answers that it does not know the order. It made the order, so that is tried again for minutes.
async fn missing(ctx: &Context, order: &mut Order, reason: String) -> Result<Next, Stop> {
    let now = ctx.clock.now();
    let operation = &mut order.operation.value;
    let since = *operation.missing_since.get_or_insert(now);
    if Duration::try_from(now.duration_since(since)).unwrap_or_default() >= GONE_AFTER {
        let minutes = GONE_AFTER.as_secs() / 60;
        return fail(ctx, order, &format!("the CA has not known the order for {minutes} minutes: {reason}")).await;
    }
    let pause = backoff(operation).min(LONGEST_CATCHING_UP);
    tracing::warn!(operation = %operation.id, reason, ?pause, "the CA does not know the order; it may be catching up");
    pause_for(ctx, order, pause, Some(format!("{reason}; the CA may be catching up, and is asked again"))).await
}

/// Whether it is a renewal that the CA has made no order for yet.
fn is_unplaced_renewal(order: &Order) -> bool {
    order.certificate.value.issued().is_some() && order.operation.value.next_step() == Some("order")
}

/// Ends a renewal whose CA asks to wait; it is ordered after that time, and the certificate is free until then.
async fn put_off(ctx: &Context, order: &mut Order, reason: &str, wait: Duration) -> Result<Next, Stop> {
    let now = ctx.clock.now();
    let id = order.operation.value.id;
    tracing::warn!(operation = %id, certificate = %order.certificate.value.id, reason, ?wait, "its renewal waits");
    let seconds = wait.as_secs();
    order.operation.value.fail(&format!("{reason}; the renewal is tried again in {seconds} s, as the CA asks"), now);
    order.certificate.value.put_off(id, reason, wait, now)?;
    order.end(ctx).await?;
    Ok(Next::Done)
}

fn is_old(ctx: &Context, order: &Order) -> bool {
    let age = ctx.clock.now().duration_since(order.operation.value.created_at);
    Duration::try_from(age).unwrap_or_default() > GIVE_UP_AFTER
}

/// Twice as long with each attempt, from a quarter of a second to a minute.
fn backoff(operation: &Operation) -> Duration {
    SHORTEST_PAUSE * 2_u32.pow(operation.attempts.saturating_sub(1).min(8))
}

/// Gives the lease back, and asks to be called again: a worker never sleeps on somebody else's clock.
async fn wait(ctx: &Context, order: &mut Order, pause: Duration, reason: Option<String>) -> Result<Next, Stop> {
    order.operation.value.missing_since = None;
    pause_for(ctx, order, pause, reason).await
}

async fn pause_for(ctx: &Context, order: &mut Order, pause: Duration, reason: Option<String>) -> Result<Next, Stop> {
    let pause = pause.min(LONGEST_PAUSE);
    order.pause(ctx, pause, reason).await?;
    Ok(Next::Again(pause))
}

/// Ends an operation whose certificate waits for it no longer: it was revoked meanwhile.
async fn abandon(ctx: &Context, order: &mut Order) -> domain::Result<Next> {
    let status = order.certificate.value.status(ctx.clock.now()).as_str();
    order.operation.value.fail(&format!("the certificate is {status}, and waits for no order"), ctx.clock.now());
    order.operation.save(ctx.store.as_ref()).await?;
    Ok(Next::Done)
}

async fn fail(ctx: &Context, order: &mut Order, reason: &str) -> Result<Next, Stop> {
    let now = ctx.clock.now();
    let id = order.operation.value.id;
    tracing::warn!(operation = %id, certificate = %order.certificate.value.id, reason, "certificate not issued");
    order.operation.value.fail(reason, now);
    order.certificate.value.fail(id, reason, now)?;
    order.end(ctx).await?;
    Ok(Next::Done)
}
