//! What strangers ask is recorded so many times, and then counted, hour by hour and source by source: one who never ends
//! must not fill the trail.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::users;
use jiff::Timestamp;

/// How long is counted together, in seconds.
const WINDOW: i64 = 60 * 60;
/// So many requests of one source without credentials have an entry each, in an hour; logins that succeed aside.
const RECORDED: u32 = 100;
/// How many sources are told apart.
const SOURCES: usize = 1_000;
/// What the others are called.
const OTHERS: &str = "others";

/// The requests of strangers to this process.
#[derive(Debug, Default)]
pub(crate) struct Strangers(Mutex<HashMap<String, Hour>>);

#[derive(Debug)]
struct Hour {
    since: Timestamp,
    recorded: u32,
    counted: BTreeMap<String, u64>,
}

impl Hour {
    fn new(since: Timestamp) -> Self {
        Self { since, recorded: 0, counted: BTreeMap::new() }
    }

    fn left(&self, now: Timestamp) -> Option<u64> {
        let passed = now.duration_since(self.since).as_secs();
        // A clock that was set back ends it, too.
        u64::try_from(WINDOW - passed).ok().filter(|left| passed >= 0 && *left > 0)
    }
}

impl Strangers {
    /// Takes note of a request; says whether it still gets an entry of its own.
    pub fn record(&self, source: &str, now: Timestamp) -> bool {
        self.hour(&users::network(source), now, |hour| {
            hour.recorded = hour.recorded.saturating_add(1);
            hour.recorded <= RECORDED
        })
    }

    /// Counts a request that gets no entry.
    pub fn count(&self, source: &str, action: &str, now: Timestamp) {
        self.hour(&users::network(source), now, |hour| *hour.counted.entry(action.to_owned()).or_default() += 1);
    }

    /// The seconds to wait, when so many requests of this source were recorded that no more are.
    pub fn exhausted(&self, source: &str, now: Timestamp) -> Option<u64> {
        let source = users::network(source);
        let hours = self.lock();
        let hour = hours.get(place(&hours, &source)).filter(|hour| hour.recorded >= RECORDED)?;
        hour.left(now)
    }

    /// The sources whose hour is over and was counted, each with the words for it.
    pub fn over(&self, now: Timestamp) -> Vec<(String, String)> {
        let mut hours = self.lock();
        if hours.values().all(|hour| hour.left(now).is_some()) {
            return Vec::new();
        }
        let mut over = Vec::new();
        hours.retain(|source, hour| {
            let goes_on = hour.left(now).is_some();
            if !goes_on && !hour.counted.is_empty() {
                over.push((source.clone(), words(hour)));
            }
            goes_on
        });
        over
    }

    fn hour<T>(&self, source: &str, now: Timestamp, change: impl FnOnce(&mut Hour) -> T) -> T {
        let mut hours = self.lock();
        let place = place(&hours, source).to_owned();
        change(hours.entry(place).or_insert_with(|| Hour::new(now)))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Hour>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place<'a>(hours: &HashMap<String, Hour>, source: &'a str) -> &'a str {
    if hours.len() >= SOURCES && !hours.contains_key(source) { OTHERS } else { source }
}

fn words(hour: &Hour) -> String {
    let mut words = format!("refused without an entry each, in the hour from {}:", hour.since);
    for (action, number) in &hour.counted {
        let _ = write!(words, " {action} {number} times;");
    }
    words.trim_end_matches(';').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_network_of_ipv6_is_one_stranger() {
        let strangers = Strangers::default();
        for n in 0..200 {
            strangers.record(&format!("2001:db8:1:2::{n:x}"), at(5));
        }
        assert!(strangers.exhausted("2001:db8:1:2:ffff::1", at(65)).is_some());
        assert!(strangers.exhausted("2001:db8:1:3::1", at(65)).is_none());
    }

    #[test]
    fn a_hundred_are_recorded_and_the_rest_is_counted() {
        let strangers = Strangers::default();
        let recorded = (0..150).filter(|_| strangers.record("192.0.2.1", at(5))).count();
        assert_eq!((recorded, strangers.exhausted("192.0.2.1", at(65))), (100, Some(3540)));
        assert_eq!(strangers.exhausted("192.0.2.2", at(65)), None);
        for _ in 0..50 {
            strangers.count("192.0.2.1", "POST /api/login", at(5));
        }
        assert_eq!(strangers.over(at(3604)), []);
        let words = "refused without an entry each, in the hour from 1970-01-01T00:00:05Z: POST /api/login 50 times";
        assert_eq!(strangers.over(at(3605)), [("192.0.2.1".to_owned(), words.to_owned())]);
        assert_eq!(strangers.exhausted("192.0.2.1", at(3605)), None);
    }

    #[test]
    fn many_sources_take_no_more_room() {
        let strangers = Strangers::default();
        for source in 0..5_000 {
            strangers.count(&source.to_string(), "POST /api/login", at(0));
        }
        let over = strangers.over(at(-1));
        assert_eq!(over.len(), 1_001);
        assert!(over.iter().any(|(source, words)| source == "others" && words.ends_with(" 4000 times")));
    }
}
