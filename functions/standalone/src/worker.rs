//! Takes jobs off the queues, as SQS would hand them to Lambdas.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use domain::jobs::Job;
use domain::operations::{self, Next};
use domain::ports::{Delivery, QueueName};
use domain::{Context, Error, Result};
use futures_util::FutureExt;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::slots::{Share, Slots};

/// How long a delivered job is hidden: longer than a worker's lease, so that the next delivery finds it over.
const VISIBILITY: Duration = Duration::from_secs(120);
/// How long jobs under way may take to end when Steward stops.
const TO_END: Duration = Duration::from_secs(2);
/// Held by the one job at work whose last attempt ended with its process.
static ALONE: Mutex<()> = Mutex::const_new(());
/// How long that one works alone. What takes the process down does so within this time; what only waits for its peer is
/// no danger to others.
const ALONE_FOR: Duration = Duration::from_secs(10);
/// How long the others of those wait.
const OTHERS: Duration = Duration::from_millis(500);
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
    let slots = Slots::new(Share::of(queue));
    let mut stop = pin!(stop);
    loop {
        while jobs.try_join_next().is_some() {}
        // Never cut off in the middle of a receive, which would go on by itself.
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = ready(ctx, queue, &slots) => {}
        }
        let received = slots.with_room(async |room| ctx.queue.receive_fairly(queue, room, VISIBILITY).await).await;
        let deliveries = match received {
            Ok(deliveries) => deliveries,
            Err(error) => {
                tracing::error!(queue = queue.as_str(), %error, "the queue cannot be read");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        for delivery in deliveries {
            let slot = slots.take(delivery.owner);
            let ctx = ctx.clone();
            jobs.spawn(async move {
                settle(&ctx, queue, delivery).await;
                drop(slot);
            });
        }
    }
}

/// Returns when there may be a job that there is room for.
async fn ready(ctx: &Context, queue: QueueName, slots: &Slots) {
    loop {
        let freed = slots.freed();
        if slots.free() > 0 {
            let ready = slots.with_room(async |room| ctx.queue.ready_fairly(queue, room).await);
            tokio::select! {
                () = ready => return,
                // There may be room for somebody who had none.
                () = freed => {}
            }
        } else {
            freed.await;
        }
    }
}

/// Works on one delivery and settles it: deleted when done, sent again when it has to wait, left to be delivered
/// again when it failed.
async fn settle(ctx: &Context, queue: QueueName, delivery: Delivery) {
    let settled = match attempt(ctx, queue, &delivery.job).await {
        Ok(Next::Done) => Ok(()),
        Ok(Next::Again(pause)) => again(ctx, queue, &delivery, pause).await,
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

async fn again(ctx: &Context, queue: QueueName, delivery: &Delivery, pause: Duration) -> Result<()> {
    match delivery.owner {
        Some(owner) => ctx.queue.send_for(owner, queue, &delivery.job, pause).await?,
        None => ctx.queue.send(queue, &delivery.job, pause).await?,
    }
    Ok(())
}

/// Works on a job: alone among those whose last attempt ended with its process, so that the next end of the process
/// tells which of them it was. A panic is the end of the job, not of the worker.
async fn attempt(ctx: &Context, queue: QueueName, job: &Job) -> Result<Next> {
    let alone = match operations::is_suspect(ctx, job).await? {
        false => None,
        true => match ALONE.try_lock() {
            Ok(alone) => Some(alone),
            Err(_) => return Ok(Next::Again(OTHERS)),
        },
    };
    let mut work = pin!(AssertUnwindSafe(handle(ctx, queue, job)).catch_unwind());
    let handled = match alone {
        None => work.await,
        Some(alone) => match tokio::time::timeout(ALONE_FOR, &mut work).await {
            Ok(handled) => handled,
            Err(_) => {
                drop(alone);
                work.await
            }
        },
    };
    match handled {
        Ok(handled) => handled,
        Err(panic) => {
            tracing::error!(queue = queue.as_str(), ?job, panic = operations::panic_words(&*panic), "a job panicked");
            operations::panicked(ctx, job).await
        }
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
