use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Issued;
use crate::ids::{AccountId, CertificateId, OperationId};
use crate::ports::RenewalInfo;

/// How often a CA is asked when it would have a certificate renewed: twice a day.
const LOOK_EVERY: SignedDuration = SignedDuration::from_hours(12);
/// The longest that a CA can put the next question off (RFC 9773 §4.3.3).
const LOOK_AT_LATEST: SignedDuration = SignedDuration::from_hours(24);
/// When a CA is asked again that gave no answer.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// A certificate is never ordered again within this time of the last one.
const REST: SignedDuration = SignedDuration::from_hours(1);
/// Up to this lifetime half of it is left at the renewal, a third beyond.
const SHORT: SignedDuration = SignedDuration::from_hours(10 * 24);
/// Renewals without the CA's own window are spread over this part of the lifetime: two days of ninety.
const SPREAD: i32 = 45;
/// The pauses after the first failures; then daily.
const PAUSES: [SignedDuration; 3] =
    [SignedDuration::from_mins(1), SignedDuration::from_mins(10), SignedDuration::from_mins(100)];
const DAILY: SignedDuration = SignedDuration::from_hours(24);

/// The window in which the CA would have a certificate renewed (RFC 9773 §4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Its start.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
    /// A page that says why.
    pub explanation_url: Option<String>,
}

/// What is being done about a renewal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "attempt", rename_all = "snake_case")]
pub enum Attempt {
    /// Nothing: its time has not come.
    #[default]
    Idle,
    /// It is ordered; its owner has to make the records and verify.
    AwaitingRecords,
    /// It is being ordered and proven.
    Verifying {
        /// The operation that drives it.
        operation: OperationId,
    },
    /// The CA has accepted the proof and is signing.
    Issuing {
        /// The operation that drives it.
        operation: OperationId,
    },
}

/// When a certificate is renewed, and how that goes. Belongs to one issued version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// When this version was fetched.
    pub issued_at: Timestamp,
    /// The account it was ordered with.
    pub issued_with: AccountId,
    /// What the CA suggests.
    pub suggested: Option<Suggestion>,
    /// When it is to be renewed.
    pub due: Timestamp,
    /// When the CA is asked again, and the days left are looked at.
    pub look_at: Timestamp,
    /// How often it has failed since.
    pub failures: u32,
    /// When it is tried again.
    pub retry_at: Option<Timestamp>,
    /// Why it failed last.
    pub error: Option<String>,
    /// Whether nothing is done because its owner may not; `error` says why.
    #[serde(default)]
    pub stands_still: bool,
    /// Whether the CA has refused to hear which certificate is replaced: it is not told again.
    pub replaces_refused: bool,
    /// What is being done.
    #[serde(flatten)]
    pub attempt: Attempt,
}

impl Renewal {
    /// The plan for a version that was just issued: by its lifetime, until the CA is asked.
    pub fn of(id: CertificateId, issued: &Issued, account: AccountId, now: Timestamp) -> Self {
        let lifetime = issued.valid_to.duration_since(issued.valid_from);
        let left = if lifetime <= SHORT { lifetime / 2 } else { lifetime / 3 };
        let latest = plus(issued.valid_to, -left);
        Self {
            issued_at: now,
            issued_with: account,
            suggested: None,
            due: spread(id, plus(latest, -(lifetime / SPREAD)), latest),
            // The first question comes soon, and not for all certificates of a busy hour at once.
            look_at: spread(id, plus(now, SignedDuration::from_mins(5)), plus(now, LOOK_AGAIN)),
            failures: 0,
            retry_at: None,
            error: None,
            stands_still: false,
            replaces_refused: false,
            attempt: Attempt::Idle,
        }
    }

    /// The operation at work.
    pub fn operation(&self) -> Option<OperationId> {
        match self.attempt {
            Attempt::Verifying { operation } | Attempt::Issuing { operation } => Some(operation),
            Attempt::Idle | Attempt::AwaitingRecords => None,
        }
    }

    /// When something has to be done next; `None` while an operation is at work.
    pub fn wake_at(&self, auto_renew: bool) -> Option<Timestamp> {
        match self.attempt {
            Attempt::Idle if auto_renew => Some(self.look_at.min(self.starts_at())),
            Attempt::Idle | Attempt::AwaitingRecords => Some(self.look_at),
            Attempt::Verifying { .. } | Attempt::Issuing { .. } => None,
        }
    }

    /// When an order may be made: when it is due, after the pause of a failure, and never within an hour of the last.
    pub fn starts_at(&self) -> Timestamp {
        self.retry_at.unwrap_or(self.due).max(self.rests_until())
    }

    /// Until when no new order may be made, whoever asks.
    pub fn rests_until(&self) -> Timestamp {
        plus(self.issued_at, REST)
    }

    /// Whether the CA is to be asked now, and the days left to be looked at.
    pub fn is_to_be_looked_at(&self, now: Timestamp) -> bool {
        self.operation().is_none() && self.look_at <= now
    }

    /// Its records are not awaited any more: Steward proves the names from now on. Whether they were.
    pub fn wait_no_more(&mut self) -> bool {
        let waited = self.attempt == Attempt::AwaitingRecords;
        if waited {
            self.attempt = Attempt::Idle;
        }
        waited
    }

    /// Whether an order is to be made now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.attempt == Attempt::Idle && self.starts_at() <= now
    }

    /// Nothing is done, for a reason that is no failure; whether that is new.
    pub fn stand_still(&mut self, reason: String) -> bool {
        let new = !self.stands_still || self.error.as_ref() != Some(&reason);
        (self.error, self.stands_still) = (Some(reason), true);
        new
    }

    /// What stood against it is over; whether anything did.
    pub fn stand_no_more(&mut self) -> bool {
        let stood = std::mem::take(&mut self.stands_still);
        if stood {
            self.error = None;
        }
        stood
    }

    /// Brings times back that were written by a clock which has been set back since: none is further off than its rate.
    /// Whether there was one.
    pub fn clamp(&mut self, now: Timestamp) -> bool {
        let before = (self.look_at, self.retry_at, self.issued_at);
        self.look_at = self.look_at.min(plus(now, LOOK_AT_LATEST));
        self.retry_at = self.retry_at.map(|at| at.min(plus(now, DAILY)));
        self.issued_at = self.issued_at.min(now);
        before != (self.look_at, self.retry_at, self.issued_at)
    }

    /// Takes what the CA said of its window; the certificate's own place in it does not depend on when it was asked.
    pub fn suggest(&mut self, id: CertificateId, info: RenewalInfo, now: Timestamp) {
        let asked = info.retry_after.and_then(|wait| SignedDuration::try_from(wait).ok());
        self.look_at = plus(now, asked.unwrap_or(LOOK_EVERY).clamp(LOOK_EVERY, LOOK_AT_LATEST));
        self.due = spread(id, info.start, info.end);
        self.suggested = Some(Suggestion { start: info.start, end: info.end, explanation_url: info.explanation_url });
    }

    /// The CA gives no windows: looks again when the days left are to be looked at.
    pub fn no_suggestion(&mut self, now: Timestamp) {
        self.look_at = plus(now, LOOK_EVERY);
    }

    /// The CA gave no answer, or asked to be asked again after a time.
    pub fn not_told(&mut self, asked: Option<Duration>, now: Timestamp) {
        let asked = asked.and_then(|wait| SignedDuration::try_from(wait).ok()).unwrap_or(LOOK_AGAIN);
        self.look_at = plus(now, asked.clamp(LOOK_AGAIN, LOOK_AT_LATEST));
    }

    /// The CA asks to wait: again after that time, and no failure is counted.
    pub fn put_off(&mut self, reason: &str, wait: Duration, now: Timestamp) {
        self.retry_at = Some(plus(now, SignedDuration::try_from(wait).unwrap_or(DAILY)));
        self.error = Some(reason.to_owned());
        self.attempt = Attempt::Idle;
    }

    /// An attempt came to nothing: again after 1, 10 and 100 minutes, then daily.
    pub fn failed(&mut self, reason: &str, now: Timestamp) {
        let pause = PAUSES.get(self.failures as usize).copied().unwrap_or(DAILY);
        self.failures = self.failures.saturating_add(1);
        self.retry_at = Some(plus(now, pause));
        self.error = Some(reason.to_owned());
        self.attempt = Attempt::Idle;
    }
}

/// A certificate's own time in a window. Multiples of the golden ratio: any run of ids is spread evenly, where random
/// places would come in heaps.
fn spread(id: CertificateId, start: Timestamp, end: Timestamp) -> Timestamp {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let place = u128::from(id.0.cast_unsigned().wrapping_mul(GOLDEN));
    let width = u128::try_from(end.duration_since(start).as_millis()).unwrap_or_default();
    let offset = i64::try_from((width * place) >> 64).unwrap_or_default();
    plus(start, SignedDuration::from_millis(offset))
}

/// Dates so far off that they cannot be told are as far off as can be told.
fn plus(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn issued(from: Timestamp, lifetime: SignedDuration) -> Issued {
        Issued {
            chain: String::new(),
            valid_from: from,
            valid_to: from + lifetime,
            serial: String::new(),
            fingerprint: String::new(),
            issuer_name: String::new(),
        }
    }

    fn renewal(id: i64, lifetime: SignedDuration) -> Renewal {
        let from = Timestamp::UNIX_EPOCH;
        Renewal::of(CertificateId(id), &issued(from, lifetime), AccountId(1), from)
    }

    #[test]
    fn a_standstill_is_noted_where_its_words_stand_already() {
        let mut renewal = renewal(1, DAY * 90);
        renewal.error = Some("stopped: its owner is suspended".into());
        assert!(renewal.stand_still("stopped: its owner is suspended".into()));
        assert!(renewal.stand_no_more());
    }

    #[test]
    fn without_a_window_a_third_of_the_life_is_left_and_half_of_a_short_one() {
        for id in 1..100 {
            let left = (Timestamp::UNIX_EPOCH + DAY * 90).duration_since(renewal(id, DAY * 90).due);
            assert!(left >= DAY * 30 && left <= DAY * 32, "{left:?}");
            let left = (Timestamp::UNIX_EPOCH + DAY * 6).duration_since(renewal(id, DAY * 6).due);
            assert!(left >= DAY * 3 && left <= DAY * 3 + DAY / 7, "{left:?}");
        }
    }

    /// Ten thousand certificates of one day, by their lifetime and by one window of the CA.
    #[test]
    fn ten_thousand_renewals_have_no_minute_with_over_twice_the_mean() {
        let by_lifetime = (1..=10_000).map(|id| renewal(id, DAY * 90).due);
        let by_window = (70_001..=80_000).map(|id| {
            let mut renewal = renewal(id, DAY * 90);
            let (start, end) = (Timestamp::UNIX_EPOCH + DAY * 58, Timestamp::UNIX_EPOCH + DAY * 60);
            let info = RenewalInfo { start, end, explanation_url: None, retry_after: None };
            renewal.suggest(CertificateId(id), info, Timestamp::UNIX_EPOCH);
            renewal.due
        });
        for due in [by_lifetime.collect::<Vec<_>>(), by_window.collect()] {
            let mut minutes: BTreeMap<i64, u32> = BTreeMap::new();
            for at in &due {
                *minutes.entry(at.as_second().div_euclid(60)).or_default() += 1;
            }
            let spanned = minutes.keys().last().unwrap() - minutes.keys().next().unwrap() + 1;
            let mean = due.len() as f64 / spanned as f64;
            let most = *minutes.values().max().unwrap();
            assert!(f64::from(most) <= 2.0 * mean, "{most} in a minute, {mean:.2} on average");
        }
    }

    #[test]
    fn after_failures_it_waits_1_10_100_minutes_and_then_a_day() {
        let mut renewal = renewal(1, DAY * 90);
        let mut now = renewal.due;
        for minutes in [1, 10, 100, 24 * 60, 24 * 60] {
            assert!(renewal.is_due(now));
            renewal.failed("no", now);
            assert!(!renewal.is_due(now));
            now += SignedDuration::from_mins(minutes);
            assert_eq!(renewal.starts_at(), now);
        }
    }

    #[test]
    fn a_wait_that_the_ca_asks_for_is_no_failure() {
        let mut renewal = renewal(1, DAY * 90);
        let now = renewal.due;
        renewal.put_off("too many orders", Duration::from_secs(7200), now);
        assert_eq!((renewal.failures, renewal.starts_at()), (0, now + SignedDuration::from_hours(2)));
        assert_eq!((renewal.error.as_deref(), renewal.is_due(now)), (Some("too many orders"), false));
        for (asked, minutes) in [(None, 60), (Some(60), 60), (Some(7200), 120), (Some(1_000_000), 24 * 60)] {
            renewal.not_told(asked.map(Duration::from_secs), now);
            assert_eq!(renewal.look_at, now + SignedDuration::from_mins(minutes));
        }
    }

    #[test]
    fn is_never_ordered_again_within_an_hour() {
        let mut renewal = renewal(1, DAY * 90);
        let past = Timestamp::UNIX_EPOCH - DAY;
        let info = RenewalInfo { start: past - DAY, end: past, explanation_url: None, retry_after: None };
        renewal.suggest(CertificateId(1), info, Timestamp::UNIX_EPOCH);
        assert!(!renewal.is_due(Timestamp::UNIX_EPOCH + SignedDuration::from_mins(59)));
        assert!(renewal.is_due(Timestamp::UNIX_EPOCH + SignedDuration::from_mins(60)));
    }

    #[test]
    fn asks_twice_a_day_and_once_a_day_where_the_ca_wants_that() {
        let mut renewal = renewal(1, DAY * 90);
        for (hours, asked) in [(None, 12), (Some(1), 12), (Some(18), 18), (Some(100), 24)] {
            let retry_after = hours.map(|hours| Duration::from_secs(hours * 3600));
            let (start, end) = (renewal.due, renewal.due + DAY);
            let info = RenewalInfo { start, end, explanation_url: None, retry_after };
            renewal.suggest(CertificateId(1), info, Timestamp::UNIX_EPOCH);
            assert_eq!(renewal.look_at, Timestamp::UNIX_EPOCH + SignedDuration::from_hours(asked));
        }
    }
}
