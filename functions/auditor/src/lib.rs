//! The worker that appends to the audit trail.

use domain::jobs::Job;
use domain::operations::Next;
use domain::{Context, Error, Result, audit};

/// Works on a job of the auditor's queue.
pub async fn handle(ctx: &Context, job: &Job) -> Result<Next> {
    match job {
        Job::Audit { entry } => audit::append(ctx, entry).await.map(|()| Next::Done),
        Job::Issue { .. }
        | Job::Purge { .. }
        | Job::Reap { .. }
        | Job::RemoveRecords { .. }
        | Job::TestDnsCredential { .. }
        | Job::Repair
        | Job::Sweep
        | Job::Notify { .. }
        | Job::Deliver { .. } => Err(Error::Internal("a job of another family on the auditor's queue".into())),
    }
}
