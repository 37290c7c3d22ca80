//! The worker that looks at monitored TLS endpoints.

use domain::jobs::Job;
use domain::operations::Next;
use domain::ports::QueueName;
use domain::{Context, Result, monitors};

/// Works on a job of the prober's queue.
pub async fn handle(ctx: &Context, job: &Job) -> Result<Next> {
    match job {
        Job::Check { monitor, due } => monitors::check_due(ctx, *monitor, *due).await.map(|_| Next::Done),
        other => Err(other.misplaced(QueueName::Prober)),
    }
}
