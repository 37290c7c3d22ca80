//! Repairs what time has lost (DESIGN §5): schedules that are gone though something was to come of them, DNS records that
//! are there though nothing is, and the oldest entries of the audit trail.

use std::time::Duration;

use crate::ids::UserId;
use crate::jobs::Job;
use crate::ports::QueueName;
use crate::{Context, Result, alerts, certificates, dns_records, monitors, operations};

/// The name of the schedule that runs it.
pub const REPAIR_SCHEDULE: &str = "repair";

/// Goes over everything that has a schedule of its own, once a day.
pub async fn repair(ctx: &Context) -> Result<()> {
    let woken = certificates::repair(ctx).await?;
    if woken > 0 {
        tracing::warn!(certificates = woken, "woken: their schedules were lost");
    }
    let woken = monitors::realign(ctx).await?;
    if woken > 0 {
        tracing::warn!(monitors = woken, "woken: their next check was further off than their interval");
    }
    let removals = dns_records::sweep(ctx).await?;
    if removals > 0 {
        tracing::warn!(holders = removals, "DNS records that nobody removed are being removed");
    }
    ctx.queue.send(QueueName::Auditor, &Job::TrimAudit, Duration::ZERO).await?;
    operations::retire(ctx).await.map(drop)
}

/// Sends the job of [`resume`]. A failure is only logged: the daily repair wakes the same.
pub async fn send_resume(ctx: &Context, user: UserId) {
    if let Err(error) = ctx.queue.send_for(user, QueueName::Issuer, &Job::Resume { user }, Duration::ZERO).await {
        tracing::warn!(%user, %error, "job not sent; the daily repair wakes what stood still");
    }
}

/// Wakes what stood still while a user was not active: renewals, monitors, and messages that wait.
pub async fn resume(ctx: &Context, user: UserId) -> Result<()> {
    let (certificates, monitors) = (certificates::resume(ctx, user).await?, monitors::resume(ctx, user).await?);
    let channels = alerts::resume(ctx, user).await?;
    tracing::info!(%user, certificates, monitors, channels, "woken: their owner is active again");
    Ok(())
}
