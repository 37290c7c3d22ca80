//! The worker that writes to people: of alerts, and to prove their addresses.

use domain::jobs::Job;
use domain::operations::Next;
use domain::ports::QueueName;
use domain::{Context, Result, alerts, users};

/// Works on a job of the notifier's queue.
pub async fn handle(ctx: &Context, job: &Job) -> Result<Next> {
    match job {
        Job::Notify { operation } => alerts::notify(ctx, *operation).await,
        Job::Deliver { operation } => alerts::deliver(ctx, *operation).await,
        Job::VerifyEmail { address, attempt } => {
            users::send_verification(ctx, address, *attempt).await?;
            Ok(Next::Done)
        }
        Job::Confirm { channel } => alerts::channels::ask(ctx, *channel).await.map(|()| Next::Done),
        other => Err(other.misplaced(QueueName::Notifier)),
    }
}
