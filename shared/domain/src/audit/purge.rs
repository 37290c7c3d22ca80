use jiff::{SignedDuration, Timestamp};

use super::{Trimmed, record, trim};
use crate::users::Viewer;
use crate::{Context, Error, Result};

/// An administrator cannot remove what happened lately, their own traces among it.
const KEPT_DAYS: i64 = 7;

/// Removes the entries from before a time, up to 1,800 of them; for administrators.
pub async fn purge(ctx: &Context, viewer: &Viewer, before: Timestamp) -> Result<Trimmed> {
    viewer.require_admin()?;
    if ctx.clock.now().duration_since(before) < SignedDuration::from_hours(24 * KEPT_DAYS) {
        return Err(Error::invalid("before", format!("must be at least {KEPT_DAYS} days ago")));
    }
    record(ctx, viewer, "audit.purge", format!("entries from before {before}")).await?;
    trim(ctx, before).await
}
