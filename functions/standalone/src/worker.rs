//! Takes jobs off the queues, as SQS would hand them to Lambdas.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use domain::jobs::Job;
use domain::operations::Next;
use domain::ports::{Delivery, QueueName};
use domain::{Context, Error, Result};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How long a delivered job is hidden: longer than a worker's lease, so that the next delivery finds it over.
const VISIBILITY: Duration = Duration::from_secs(120);
/// How many jobs of one queue are worked on at once.
const fn at_once(queue: QueueName) -> usize {
    match queue {
        QueueName::Issuer | QueueName::Deployer | QueueName::Notifier => 16,
        // Entries of the audit trail follow one another: more at once would only refuse each other.
        QueueName::Auditor => 2,
        // A check mostly waits, and one of a dead endpoint for all of its ten seconds: they must not hold up the others.
        QueueName::Prober => 400,
    }
}

/// How long jobs under way may take to end when Steward stops.
const TO_END: Duration = Duration::from_secs(2);
/// The pause after a queue could not be read.
const PAUSE: Duration = Duration::from_secs(1);

/// Works on a queue for ever. May be dropped at any time: what is not finished is delivered again.
pub async fn work(ctx: Context, queue: QueueName) {
    work_until(ctx, queue, std::future::pending()).await;
}

/// Works on a queue until `stop` ends, and returns when no job of it runs any more: those under way have a moment to
/// end, the others are cut off, and delivered again.
pub(crate) async fn work_until(ctx: Context, queue: QueueName, stop: impl Future<Output = ()>) {
    let mut jobs = JoinSet::new();
    take(&ctx, queue, &mut jobs, stop).await;
    let ended = async { while jobs.join_next().await.is_some() {} };
    if tokio::time::timeout(TO_END, ended).await.is_err() {
        jobs.shutdown().await;
    }
}

async fn take(ctx: &Context, queue: QueueName, jobs: &mut JoinSet<()>, stop: impl Future<Output = ()>) {
    let slots = Arc::new(Semaphore::new(at_once(queue)));
    let mut stop = pin!(stop);
    loop {
        while jobs.try_join_next().is_some() {}
        // Never cut off in the middle of a receive, which would go on by itself.
        let waited = async {
            ctx.queue.ready(queue).await;
            Arc::clone(&slots).acquire_owned().await
        };
        let first = tokio::select! {
            biased;
            () = &mut stop => return,
            first = waited => first,
        };
        let Ok(first) = first else { return };
        let free = 1 + slots.available_permits();
        let deliveries = match ctx.queue.receive(queue, free, VISIBILITY).await {
            Ok(deliveries) => deliveries,
            Err(error) => {
                tracing::error!(queue = queue.as_str(), %error, "the queue cannot be read");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        drop(first);
        for delivery in deliveries {
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            let ctx = ctx.clone();
            jobs.spawn(async move {
                settle(&ctx, queue, delivery).await;
                drop(slot);
            });
        }
    }
}

/// Works on one delivery and settles it: deleted when done, sent again when it has to wait, left to be delivered
/// again when it failed.
async fn settle(ctx: &Context, queue: QueueName, delivery: Delivery) {
    let settled = match handle(ctx, queue, &delivery.job).await {
        Ok(Next::Done) => Ok(()),
        Ok(Next::Again(pause)) => ctx.queue.send(queue, &delivery.job, pause).await.map_err(Error::from),
        Err(error) => Err(error),
    };
    let deleted = match settled {
        Ok(()) => ctx.queue.delete(queue, &delivery.receipt).await.map_err(Error::from),
        Err(error) => Err(error),
    };
    if let Err(error) = deleted {
        let receives = delivery.receives;
        tracing::error!(queue = queue.as_str(), job = ?delivery.job, receives, %error, "a job failed");
    }
}

async fn handle(ctx: &Context, queue: QueueName, job: &Job) -> Result<Next> {
    match queue {
        QueueName::Issuer => issuer::handle(ctx, job).await,
        QueueName::Deployer => deployer::handle(ctx, job).await,
        QueueName::Auditor => auditor::handle(ctx, job).await,
        QueueName::Prober => prober::handle(ctx, job).await,
        QueueName::Notifier => notifier::handle(ctx, job).await,
    }
}
