//! A provider that does not answer is left alone for a while, with all the orders that need it: one of them tries it from
//! time to time, instead of each keeping a worker waiting.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::DnsCredential;
use crate::dns_records::PublishError;
use crate::entity;
use crate::ids::DnsCredentialId;
use crate::ports::{DnsWriteError, Key, StoreError};
use crate::{Context, Result};

/// The first rest; each further one is twice as long.
const FIRST: Duration = Duration::from_secs(30);
/// The longest rest.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// While one tries, the others wait for so long.
const TRIAL: Duration = Duration::from_secs(75);

/// Why and how long a credential is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// Until when.
    pub until: Timestamp,
    /// How often in a row its provider has not answered.
    pub times: u32,
    /// What it was last.
    pub reason: String,
}

impl Rest {
    /// How long it still lasts. One that is longer than any rest was set by a clock that has been set back since.
    fn left(&self, now: Timestamp) -> Option<Duration> {
        let left = Duration::try_from(self.until.duration_since(now)).ok()?;
        (!left.is_zero() && left <= LONGEST.max(TRIAL)).then_some(left)
    }
}

/// Refuses to use a credential that rests. The first to ask after a rest tries it, and the others wait
/// for the outcome.
pub async fn awake(ctx: &Context, id: DnsCredentialId) -> std::result::Result<(), PublishError> {
    let store = ctx.store.as_ref();
    let Some(mut row) = entity::find::<DnsCredential>(store, Key::of(id.0)).await? else { return Ok(()) };
    let Some(rest) = &mut row.value.rest else { return Ok(()) };
    let now = ctx.clock.now();
    let later = |reason: &str, left| PublishError::Later { reason: reason.to_owned(), retry_after: Some(left) };
    if let Some(left) = rest.left(now) {
        return Err(later(&rest.reason, left));
    }
    rest.until = now.checked_add(TRIAL).unwrap_or(now);
    let reason = rest.reason.clone();
    match store.write(row.update()?).await {
        Ok(()) => Ok(()),
        // Somebody else tries it.
        Err(StoreError::Unexpected { .. }) => Err(later(&reason, FIRST)),
        Err(error) => Err(error.into()),
    }
}

/// Takes note of how a provider did that kept its caller waiting, or that had a rest. A failure is only logged: it says
/// nothing of what was written.
pub(crate) async fn note(ctx: &Context, id: DnsCredentialId, written: &std::result::Result<(), DnsWriteError>) {
    if let Err(error) = rest(ctx, id, written).await {
        tracing::warn!(credential = %id, %error, "the rest of a DNS credential is not noted");
    }
}

async fn rest(ctx: &Context, id: DnsCredentialId, written: &std::result::Result<(), DnsWriteError>) -> Result<()> {
    let store = ctx.store.as_ref();
    let Some(mut row) = entity::find::<DnsCredential>(store, Key::of(id.0)).await? else { return Ok(()) };
    let now = ctx.clock.now();
    let rest = match written {
        Ok(()) | Err(DnsWriteError::Credential(_) | DnsWriteError::NoZone(_) | DnsWriteError::Refused(_)) => None,
        Err(DnsWriteError::Later { reason, retry_after }) => {
            let times = row.value.rest.as_ref().map_or(0, |rest| rest.times).saturating_add(1);
            let own = FIRST.saturating_mul(1 << (times - 1).min(5)).min(LONGEST);
            let pause = retry_after.map_or(own, |asked| asked.clamp(own, LONGEST));
            Some(Rest { until: now.checked_add(pause).unwrap_or(now), times, reason: reason.clone() })
        }
    };
    if row.value.rest.is_none() && rest.is_none() {
        return Ok(());
    }
    row.value.rest = rest;
    match store.write(row.update()?).await {
        Ok(()) | Err(StoreError::Unexpected { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
