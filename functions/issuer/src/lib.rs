//! The worker that brings certificate orders to their end, and removes the secrets of what was deleted or never
//! came to be.

mod follow_up;
mod issue;
mod publish;
mod steps;

use domain::jobs::Job;
use domain::operations::{self, Next};
use domain::ports::QueueName;
use domain::{Context, Result, acme, certificates, dns_credentials, dns_records, monitors, repair};

/// How long one worker keeps an operation before another may take it up; renewed with each recorded step. A call
/// to a CA is given up before that.
pub const LEASE: std::time::Duration = std::time::Duration::from_secs(90);

/// Works on a job of the issuer's queue.
pub async fn handle(ctx: &Context, job: &Job) -> Result<Next> {
    match job {
        Job::Issue { operation } => issue::issue(ctx, *operation).await,
        Job::Purge { operation } => operations::purge(ctx, *operation).await,
        Job::Reap { account } => acme::reap(ctx, *account).await.map(|()| Next::Done),
        Job::RemoveRecords { operation } => dns_records::remove(ctx, *operation).await,
        Job::TestDnsCredential { operation } => dns_credentials::try_out(ctx, *operation).await,
        Job::Renew { certificate } => certificates::wake(ctx, *certificate).await.map(|()| Next::Done),
        Job::Resume { user } => repair::resume(ctx, *user).await.map(|()| Next::Done),
        Job::Repair => repair::repair(ctx).await.map(|()| Next::Done),
        Job::Sweep => {
            operations::sweep(ctx).await?;
            monitors::sweep(ctx).await.map(|_| Next::Done)
        }
        other => Err(other.misplaced(QueueName::Issuer)),
    }
}
