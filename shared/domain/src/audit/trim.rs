use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::AUDIT;
use super::chain::{Recorded, TRAIL};
use super::cut::Cut;
use crate::entity::{self, Stored};
use crate::operations::Next;
use crate::ports::{Query, StoreError};
use crate::{Context, Error, Result};

/// Entries removed in one transaction, which holds at most 100 writes.
const AT_ONCE: u32 = 90;
/// Transactions before others get their turn.
const ROUNDS: usize = 20;

/// What was removed of the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trimmed {
    /// How many entries.
    pub removed: u64,
    /// Whether there may be more to remove.
    pub more: bool,
}

/// Removes the entries from before a time, oldest first, up to 1,800 of them. Each transaction removes entries and signs
/// where the trail begins now, so that it is whole whenever this stops.
pub async fn trim(ctx: &Context, before: Timestamp) -> Result<Trimmed> {
    let mut trimmed = Trimmed { removed: 0, more: true };
    for _ in 0..ROUNDS {
        match remove_some(ctx, before).await {
            Ok(0) => return Ok(Trimmed { more: false, ..trimmed }),
            Ok(removed) => trimmed.removed += removed,
            // Somebody else removes the same.
            Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(trimmed)
}

async fn remove_some(ctx: &Context, before: Timestamp) -> Result<u64> {
    let store = ctx.store.as_ref();
    let mut query = Query::of(&AUDIT, TRAIL);
    query.limit = Some(AT_ONCE);
    let page = store.query(query).await?;
    let entries = page.items.into_iter().map(entity::from_item).collect::<Result<Vec<Stored<Recorded>>>>()?;
    // Entries are nearly in the order of their times; what is removed is a beginning of them.
    let old: Vec<_> = entries.into_iter().take_while(|entry| entry.value.at < before).collect();
    let mut writes: Vec<_> = old.iter().map(Stored::delete).collect();
    let last = old.iter().rev().find_map(|entry| Some((entry.value.seq?, entry.value.hash.clone()?)));
    if let Some(last) = last {
        let cut = Cut::new(ctx, last, before).await?;
        writes.push(match entity::find::<Cut>(store, Cut::at()).await? {
            Some(mut stored) => {
                stored.value = cut;
                stored.update()?
            }
            None => entity::insert(&cut)?,
        });
    }
    if !writes.is_empty() {
        match store.transact(writes).await {
            Ok(()) => {}
            Err(StoreError::Busy(reason)) => return Err(Error::Conflict(reason)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(old.len() as u64)
}

/// Removes what is older than the trail is kept; a part of it in each turn.
pub async fn retain(ctx: &Context) -> Result<Next> {
    let kept = SignedDuration::from_hours(24 * i64::from(ctx.settings.audit_days));
    let before = ctx.clock.now().checked_sub(kept).map_err(|error| Error::Internal(error.to_string()))?;
    let Trimmed { removed, more } = trim(ctx, before).await?;
    if removed > 0 {
        tracing::info!(entries = removed, %before, "removed what the audit trail no longer keeps");
    }
    Ok(if more { Next::Again(Duration::ZERO) } else { Next::Done })
}
