//! The periodic look for the records that an owner has to make (000 §5.1).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Attempt, Certificate, Method, Renewal, State, begin, challenge, records};
use crate::alerts::{self, Finding, Kind, Level, Subject};
use crate::entity::Stored;
use crate::{Context, Error, Result};

/// The first look, and the shortest pause between two.
const FIRST: SignedDuration = SignedDuration::from_mins(1);
/// The longest pause between two looks.
const SLOWEST: SignedDuration = SignedDuration::from_hours(1);
/// Steward reminds the owner at these times. Each entry has the time since the order, that time in words, and a suffix for
/// the alert's key, so that nobody gets the same reminder twice.
const REMINDERS: [(SignedDuration, &str, &str); 2] =
    [(SignedDuration::from_hours(24), "a day", "day"), (SignedDuration::from_hours(1), "an hour", "hour")];
/// Nobody makes the records of an order after this time, and no CA waits for them.
const OVER_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long one look may take.
const WITHIN: Duration = Duration::from_secs(30);

/// When the records of an order are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Since when.
    pub since: Timestamp,
    /// When next.
    pub look_at: Timestamp,
}

impl Watch {
    /// Of an order that was just made.
    pub fn since(now: Timestamp) -> Self {
        Self { since: now, look_at: plus(now, FIRST) }
    }

    /// Brings times back that were written by a clock which has been set back since. Whether there was one.
    pub(super) fn clamp(&mut self, now: Timestamp) -> bool {
        let before = *self;
        (self.since, self.look_at) = (self.since.min(now), self.look_at.min(plus(now, SLOWEST)));
        before != *self
    }

    /// Less often the longer it takes: after a fifth of the time so far, and when the owner is to be reminded.
    fn look_again(&mut self, now: Timestamp) {
        let age = now.duration_since(self.since);
        let next = plus(now, (age / 5).clamp(FIRST, SLOWEST));
        let reminders = REMINDERS.iter().map(|(after, ..)| plus(self.since, *after)).filter(|at| *at > now);
        self.look_at = reminders.fold(next, Timestamp::min);
    }
}

fn plus(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

impl Certificate {
    /// Whether its owner has to make the records of its order.
    pub fn awaits_records(&self) -> bool {
        self.method == Method::Manual
            && self.order.is_some()
            && match (&self.state, &self.renewal) {
                (State::Unissued, _) => true,
                (State::Issued(_), Some(Renewal { attempt: Attempt::AwaitingRecords, .. })) => true,
                (
                    State::Issued(_)
                    | State::Verifying { .. }
                    | State::Issuing { .. }
                    | State::Failed { .. }
                    | State::Revoked { .. },
                    _,
                ) => false,
            }
    }

    /// When those records are looked for next; `None` where none are awaited, or not any more.
    pub(super) fn watch_at(&self) -> Option<Timestamp> {
        let order = self.order.as_ref().filter(|_| self.awaits_records())?;
        // An order of an earlier version has no watch yet.
        let watch = order.watch.unwrap_or(Watch { since: self.updated_at, look_at: self.updated_at });
        (watch.look_at < plus(watch.since, OVER_AFTER)).then_some(watch.look_at)
    }
}

/// Looks for the records that are awaited, if it is time to: when all are there, the certificate is issued as if its
/// owner had asked to verify; until then the owner is reminded after an hour and after a day.
pub(super) async fn watch(ctx: &Context, certificate: &mut Stored<Certificate>) -> Result<()> {
    let now = ctx.clock.now();
    if certificate.value.watch_at().is_none_or(|at| at > now) {
        return Ok(());
    }
    let records = records(&certificate.value);
    let look = tokio::time::timeout(WITHIN, challenge::missing(ctx.dns.as_ref(), &records));
    let missing = match look.await {
        Ok(Ok(None)) => {
            let operation = begin(ctx, certificate).await?;
            tracing::info!(certificate = %certificate.value.id, operation = %operation.id, "its records are there");
            return Ok(());
        }
        Ok(Ok(Some(missing))) => missing,
        Ok(Err(Error::Invalid { reason, .. })) => reason,
        Ok(Err(error)) => return Err(error),
        Err(_) => "the name servers did not answer in time".to_owned(),
    };
    let updated_at = certificate.value.updated_at;
    let Some(order) = &mut certificate.value.order else { return Ok(()) };
    let mut watch = order.watch.unwrap_or(Watch::since(updated_at));
    watch.look_again(now);
    order.watch = Some(watch);
    certificate.save(ctx.store.as_ref()).await?;
    remind(ctx, &certificate.value, watch, &missing, now).await
}

async fn remind(ctx: &Context, certificate: &Certificate, watch: Watch, missing: &str, now: Timestamp) -> Result<()> {
    let age = now.duration_since(watch.since);
    let Some(order) = &certificate.order else { return Ok(()) };
    let Some((_, after, key)) = REMINDERS.iter().find(|(after, ..)| age >= *after) else { return Ok(()) };
    let text = format!(
        "What proves its names has been missing for {after}: {missing}. Steward goes on by itself when it sees the \
         records; GET /api/certificates/{} shows all of them.",
        certificate.id
    );
    let finding = Finding { level: Level::Warning, text };
    let (subject, name) = (Subject::Certificate(certificate.id), certificate.domain.as_str());
    let key = format!("{}/{key}", order.url);
    alerts::announce(ctx, certificate.owner, subject, name, Kind::RecordNeeded, finding, &key).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_less_often_the_longer_it_takes_and_when_the_owner_is_reminded() {
        let since = Timestamp::UNIX_EPOCH;
        let mut watch = Watch::since(since);
        let mut looks = vec![watch.look_at];
        while watch.look_at < plus(since, SignedDuration::from_hours(48)) {
            let now = watch.look_at;
            watch.look_again(now);
            assert!(
                (FIRST.as_secs()..=SLOWEST.as_secs()).contains(&watch.look_at.duration_since(now).as_secs())
                    || REMINDERS.iter().any(|(after, ..)| watch.look_at == plus(since, *after))
            );
            looks.push(watch.look_at);
        }
        for (after, ..) in REMINDERS {
            assert!(looks.contains(&plus(since, after)), "a look after {after}");
        }
        let within = |hours| looks.iter().filter(|at| **at <= plus(since, SignedDuration::from_hours(hours))).count();
        assert_eq!((looks[0], looks[1]), (plus(since, FIRST), plus(since, FIRST * 2)));
        assert!((10..=25).contains(&within(1)) && within(24) < 60, "{} {}", within(1), within(24));
    }
}
