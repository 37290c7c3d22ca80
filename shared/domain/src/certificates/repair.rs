use std::time::Duration;

use jiff::SignedDuration;

use super::schedule::wake_at;
use super::{Certificate, State};
use crate::entity;
use crate::jobs::Job;
use crate::ports::QueueName;
use crate::{Context, Error, Result};

/// A certificate that should have been looked at this long ago has lost its schedule.
const LOST_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// Wakes the certificates whose schedule was lost, or that never had one; gives how many. Reads all
/// certificates: for once a day.
pub async fn repair(ctx: &Context) -> Result<usize> {
    let before = ctx.clock.now().checked_sub(LOST_AFTER).map_err(|error| Error::Internal(error.to_string()))?;
    let (mut after, mut woken) = (None, 0);
    loop {
        let page = ctx.store.scan(&super::CERTIFICATES, after).await?;
        for item in page.items {
            let certificate = entity::from_item::<Certificate>(item)?.value;
            let unplanned = matches!((&certificate.state, &certificate.renewal), (State::Issued(_), None));
            let lost = unplanned || wake_at(&certificate).is_some_and(|wake_at| wake_at <= before);
            if lost {
                let job = Job::Renew { certificate: certificate.id };
                ctx.queue.send(QueueName::Issuer, &job, Duration::ZERO).await?;
                woken += 1;
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(woken),
        }
    }
}
