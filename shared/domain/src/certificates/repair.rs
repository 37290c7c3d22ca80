use std::time::Duration;

use jiff::SignedDuration;

use super::schedule::wake_at;
use super::{Certificate, State};
use crate::entity;
use crate::ids::{CertificateId, UserId};
use crate::jobs::Job;
use crate::ports::{Query, QueueName};
use crate::{Context, Error, Result};

/// A certificate that should have been looked at this long ago has lost its schedule.
const LOST_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// Looks at the certificates of a user again, whose renewals and orders may have stood still; gives how many.
pub async fn resume(ctx: &Context, owner: UserId) -> Result<usize> {
    let mut query = Query::of(&super::CERTIFICATES, owner.0);
    query.index = Some("by_owner");
    let mut woken = 0;
    loop {
        let page = ctx.store.query(query.clone()).await?;
        for id in page.items.iter().filter_map(|item| item.get("id")?.as_i64()) {
            let job = Job::Renew { certificate: CertificateId(id) };
            ctx.queue.send_for(owner, QueueName::Issuer, &job, Duration::ZERO).await?;
            woken += 1;
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(woken),
        }
    }
}

/// Wakes the certificates whose schedule was lost, or that never had one; gives how many. Reads all
/// certificates: for once a day.
pub async fn repair(ctx: &Context) -> Result<usize> {
    let now = ctx.clock.now();
    let before = now.checked_sub(LOST_AFTER).map_err(|error| Error::Internal(error.to_string()))?;
    let (mut after, mut woken) = (None, 0);
    loop {
        let page = ctx.store.scan(&super::CERTIFICATES, after).await?;
        for item in page.items {
            let mut row = entity::from_item::<Certificate>(item)?;
            let ahead = row.value.renewal.as_mut().is_some_and(|renewal| renewal.clamp(now));
            let watch = row.value.order.as_mut().and_then(|order| order.watch.as_mut());
            let ahead = watch.is_some_and(|watch| watch.clamp(now)) || ahead;
            if ahead {
                row.save(ctx.store.as_ref()).await?;
            }
            let certificate = row.value;
            let unplanned = matches!((&certificate.state, &certificate.renewal), (State::Issued(_), None));
            let lost = unplanned || wake_at(&certificate).is_some_and(|wake_at| wake_at <= before);
            if lost || ahead {
                let job = Job::Renew { certificate: certificate.id };
                ctx.queue.send_for(certificate.owner, QueueName::Issuer, &job, Duration::ZERO).await?;
                woken += 1;
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(woken),
        }
    }
}
