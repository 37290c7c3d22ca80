//! The worker that tells people of alerts.

use domain::jobs::Job;
use domain::operations::Next;
use domain::ports::QueueName;
use domain::{Context, Result, alerts};

/// Works on a job of the notifier's queue.
pub async fn handle(ctx: &Context, job: &Job) -> Result<Next> {
    match job {
        Job::Notify { operation } => alerts::notify(ctx, *operation).await,
        Job::Deliver { operation } => alerts::deliver(ctx, *operation).await,
        Job::Confirm { channel } => alerts::channels::ask(ctx, *channel).await.map(|()| Next::Done),
        other => Err(other.misplaced(QueueName::Notifier)),
    }
}
