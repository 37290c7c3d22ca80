//! The worker that looks at monitored TLS endpoints.

use domain::jobs::Job;
use domain::operations::Next;
use domain::{Context, Error, Result, monitors};

/// Works on a job of the prober's queue.
pub async fn handle(ctx: &Context, job: &Job) -> Result<Next> {
    match job {
        Job::Check { monitor, due } => monitors::check_due(ctx, *monitor, *due).await.map(|_| Next::Done),
        Job::Issue { .. }
        | Job::Purge { .. }
        | Job::Reap { .. }
        | Job::Sweep
        | Job::Notify { .. }
        | Job::Deliver { .. }
        | Job::Audit { .. } => Err(Error::Internal("a job of another family on the prober's queue".into())),
    }
}
