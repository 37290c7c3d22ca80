use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::ids::UserId;
use domain::jobs::Job;
use domain::operations::{self, Next};
use domain::ports::QueueName;
use domain::{Context, Result};
use futures_util::FutureExt;
use futures_util::future::join_all;
use lambda_runtime::{Error, LambdaEvent, service_fn};

use crate::{Outside, parts};

/// The longest that a function may run on Lambda.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// What is left of a function's time for its answer.
const TO_ANSWER: Duration = Duration::from_secs(3);

/// Works on the batches of one queue, on the ports that `equip` adds, until Lambda ends the process. What fails is said by message, so that SQS
/// delivers only that again (partial batch failures).
pub async fn work<E, H>(queue: QueueName, equip: E, handle: H) -> std::result::Result<(), Error>
where
    E: FnOnce(Context, &Outside) -> std::result::Result<Context, Error>,
    H: AsyncFn(&Context, &Job) -> Result<Next>,
{
    let ctx = parts::open(equip)?;
    let (ctx, handle) = (&ctx, &handle);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Error>(batch(ctx, queue, handle, &event.payload, time_left(ctx, event.context.deadline)).await)
    }))
    .await
}

/// Works on one batch for no longer than `left`; names what is to be delivered again.
pub async fn batch<H>(ctx: &Context, queue: QueueName, handle: &H, batch: &SqsEvent, left: Duration) -> SqsBatchResponse
where
    H: AsyncFn(&Context, &Job) -> Result<Next>,
{
    // What was delivered before may be what ended the process: it comes after the others, and one after the other, so
    // that only the one at work is suspected should the process end again.
    let again = |message: &SqsMessage| attribute(message, "ApproximateReceiveCount").is_some_and(|count| count != "1");
    let start = Instant::now();
    let settled = async |message: &SqsMessage| {
        let left = left.saturating_sub(start.elapsed());
        let settled = tokio::time::timeout(left, settle(ctx, queue, handle, message)).await;
        settled.unwrap_or_else(|_| {
            let id = message.message_id.clone().unwrap_or_default();
            tracing::error!(queue = queue.as_str(), message = id, "a job took too long; it will be delivered again");
            Some(id)
        })
    };
    let (suspects, others): (Vec<_>, Vec<_>) = batch.records.iter().partition(|message| again(message));
    let mut failed = join_all(others.into_iter().map(&settled)).await;
    for message in suspects {
        // Those that the time does not suffice for are delivered again, and were not touched.
        let untouched = start.elapsed() >= left;
        failed.push(if untouched { message.message_id.clone() } else { settled(message).await });
    }
    let mut answer = SqsBatchResponse::default();
    for failed in failed.into_iter().flatten() {
        answer.add_failure(failed);
    }
    answer
}

/// How long the messages of a batch may take. Lambda would end the function at its deadline (milliseconds since 1970),
/// and have all of them delivered again because of one. `cargo lambda watch` sends a time long past, and ends nothing.
fn time_left(ctx: &Context, deadline: u64) -> Duration {
    let now = u64::try_from(ctx.clock.now().as_millisecond()).unwrap_or_default();
    let left = deadline.checked_sub(now).map(Duration::from_millis);
    left.map_or(LONGEST, |left| left.saturating_sub(TO_ANSWER))
}

/// Works on one message: done, sent again when it has to wait, or its id when it must be delivered again.
async fn settle<H>(ctx: &Context, queue: QueueName, handle: &H, message: &SqsMessage) -> Option<String>
where
    H: AsyncFn(&Context, &Job) -> Result<Next>,
{
    let id = message.message_id.clone().unwrap_or_default();
    let Ok(job) = serde_json::from_str::<Job>(message.body.as_deref().unwrap_or_default()) else {
        tracing::error!(queue = queue.as_str(), message = id, "a message is no job of this version");
        return Some(id);
    };
    let handled = match AssertUnwindSafe(handle(ctx, &job)).catch_unwind().await {
        Ok(handled) => handled,
        Err(panic) => {
            tracing::error!(queue = queue.as_str(), ?job, panic = operations::panic_words(&*panic), "a job panicked");
            operations::panicked(ctx, &job).await
        }
    };
    let settled = match handled {
        Ok(Next::Done) => Ok(()),
        Ok(Next::Again(pause)) => again(ctx, queue, message, &job, pause).await,
        Err(error) => Err(error),
    };
    let Err(error) = settled else { return None };
    tracing::error!(queue = queue.as_str(), ?job, message = id, %error, "a job failed");
    Some(id)
}

/// Sends a job again, in the message group that it came in: that of its owner.
async fn again(ctx: &Context, queue: QueueName, message: &SqsMessage, job: &Job, pause: Duration) -> Result<()> {
    let owner = attribute(message, "MessageGroupId").and_then(|group| group.parse().ok()).map(UserId);
    match owner {
        Some(owner) => ctx.queue.send_for(owner, queue, job, pause).await?,
        None => ctx.queue.send(queue, job, pause).await?,
    }
    Ok(())
}

fn attribute<'a>(message: &'a SqsMessage, name: &str) -> Option<&'a str> {
    message.attributes.get(name).map(String::as_str)
}
