//! Repairs what time has lost (DESIGN §5): schedules that are gone though something was to come of them, DNS records that
//! are there though nothing is, and the oldest entries of the audit trail.

use std::time::Duration;

use crate::jobs::Job;
use crate::ports::QueueName;
use crate::{Context, Result, certificates, dns_records};

/// The name of the schedule that runs it.
pub const REPAIR_SCHEDULE: &str = "repair";

/// Goes over everything that has a schedule of its own, once a day.
pub async fn repair(ctx: &Context) -> Result<()> {
    let woken = certificates::repair(ctx).await?;
    if woken > 0 {
        tracing::warn!(certificates = woken, "woken: their schedules were lost");
    }
    let removals = dns_records::sweep(ctx).await?;
    if removals > 0 {
        tracing::warn!(holders = removals, "DNS records that nobody removed are being removed");
    }
    Ok(ctx.queue.send(QueueName::Auditor, &Job::TrimAudit, Duration::ZERO).await?)
}
