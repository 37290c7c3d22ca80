//! The worker that appends to the audit trail, and removes what it no longer keeps.

use domain::jobs::Job;
use domain::operations::Next;
use domain::ports::QueueName;
use domain::{Context, Result, audit};

/// Works on a job of the auditor's queue.
pub async fn handle(ctx: &Context, job: &Job) -> Result<Next> {
    match job {
        Job::Audit { entry } => audit::append(ctx, entry).await.map(|()| Next::Done),
        Job::TrimAudit => audit::retain(ctx).await,
        other => Err(other.misplaced(QueueName::Auditor)),
    }
}
