//! The worker that tells people of alerts.

use domain::jobs::Job;
use domain::operations::Next;
use domain::{Context, Error, Result, alerts};

/// Works on a job of the notifier's queue.
pub async fn handle(ctx: &Context, job: &Job) -> Result<Next> {
    match job {
        Job::Notify { operation } => alerts::notify(ctx, *operation).await,
        Job::Issue { .. }
        | Job::Purge { .. }
        | Job::Reap { .. }
        | Job::RemoveRecords { .. }
        | Job::TestDnsCredential { .. }
        | Job::Repair
        | Job::Sweep
        | Job::Deliver { .. }
        | Job::Audit { .. } => Err(Error::Internal("a job of another family on the notifier's queue".into())),
    }
}
