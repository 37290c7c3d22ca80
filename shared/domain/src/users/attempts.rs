//! Guesses at passwords, counted before they are checked: however many come at once, no more than are allowed are.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entity::{self, Entity, Stored};
use crate::ports::{Attribute, Item, Key, Table};
use crate::{Context, Error, Result};

/// Failed logins by account, gone by themselves after a while.
pub static LOGIN_FAILURES: Table = Table {
    name: "login_failures",
    partition: Attribute::text("who"),
    sort: None,
    indexes: &[],
    ttl: Some("expires_at"),
};

/// So many failures lock an account for their source.
const ALLOWED: u32 = 10;
/// Steward still checks this many guesses of a locked source, one at a time, so that a right password from a known source
/// passes.
const CHECKED: u32 = 100;
/// For so long after the last failure that is allowed.
const LOCKED_FOR: Duration = Duration::from_secs(15 * 60);
/// So many failures at sources that the account does not know lock it for all of these.
const ALLOWED_ELSEWHERE: u32 = 100;
/// For so long after the last of them.
const ELSEWHERE_FOR: Duration = Duration::from_secs(60 * 60);
/// A check that has not ended by then never will: its process died, or its caller hung up.
const CHECK_TAKES: Duration = Duration::from_secs(10);
/// So many mails are ordered from one source within [`LOCKED_FOR`].
const MAILS: u32 = 30;
/// How often a guess is counted anew because another one was counted at the same time.
const TRIES: u32 = 100;

/// The guesses at the password of one account, or of a name that nobody has.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Attempts {
    who: String,
    sources: Vec<Tally>,
    elsewhere: Elsewhere,
}

/// The guesses of one source.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Tally {
    source: String,
    count: u32,
    /// How many are being checked, until this time at the latest.
    open: u32,
    open_until: Timestamp,
    /// When they are forgotten.
    until: Timestamp,
}

/// The guesses of all sources together that the account does not know.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Elsewhere {
    count: u32,
    until: Timestamp,
}

/// A guess that was counted and may be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Admitted {
    /// Until when the source is locked, if it is: then only a right password from a known source passes.
    pub locked: Option<Timestamp>,
    elsewhere: bool,
}

impl Entity for Attempts {
    const TABLE: &'static Table = &LOGIN_FAILURES;
    const NAME: &'static str = "login failure";

    fn key(&self) -> Key {
        Key::of(self.who.as_str())
    }

    fn index(&self, item: &mut Item) {
        let ends = self.sources.iter().map(|tally| tally.until).chain([self.elsewhere.until]);
        item.insert("expires_at".into(), ends.map(Timestamp::as_second).max().unwrap_or_default().into());
    }
}

impl Attempts {
    fn none(who: &str, now: Timestamp) -> Self {
        Self { who: who.to_owned(), sources: Vec::new(), elsewhere: Elsewhere { count: 0, until: now } }
    }

    /// Counts a guess; the time until which it is refused unchecked when there were too many.
    fn admit(&mut self, source: &str, known: bool, now: Timestamp) -> std::result::Result<Admitted, Timestamp> {
        self.sources.retain(|tally| tally.until > now);
        if self.elsewhere.until <= now {
            self.elsewhere.count = 0;
        }
        if !known && self.elsewhere.count >= ALLOWED_ELSEWHERE {
            return Err(self.elsewhere.until);
        }
        let at = match self.sources.iter().position(|tally| tally.source == source) {
            Some(at) => at,
            None => {
                let first = Tally { source: source.to_owned(), count: 0, open: 0, open_until: now, until: now };
                self.sources.push(first);
                self.sources.len() - 1
            }
        };
        let Some(tally) = self.sources.get_mut(at) else { return Err(now) };
        if tally.open_until <= now {
            tally.open = 0;
        }
        let locked = tally.count >= ALLOWED;
        if locked && (tally.count >= CHECKED || tally.open > 0) {
            return Err(tally.until);
        }
        tally.count += 1;
        tally.open += 1;
        tally.open_until = after(now, CHECK_TAKES);
        let elsewhere = !known && !locked;
        if elsewhere {
            self.elsewhere = Elsewhere { count: self.elsewhere.count + 1, until: after(now, ELSEWHERE_FOR) };
        }
        if !locked {
            tally.until = after(now, LOCKED_FOR);
        }
        Ok(Admitted { locked: locked.then_some(tally.until), elsewhere })
    }

    /// A guess was checked. A right one forgets the failures of its source.
    fn settle(&mut self, source: &str, admitted: Admitted, right: bool, now: Timestamp) {
        self.sources.retain(|tally| tally.until > now && !(right && tally.source == source));
        if let Some(tally) = self.sources.iter_mut().find(|tally| tally.source == source) {
            tally.open = tally.open.saturating_sub(1);
        }
        if right && admitted.elsewhere {
            self.elsewhere.count = self.elsewhere.count.saturating_sub(1);
        }
    }
}

fn after(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Counts a guess before it is checked. [`Error::TooMany`] when there were too many: then it must not be.
pub(super) async fn admit(ctx: &Context, who: &str, source: &str, known: bool) -> Result<Admitted> {
    let now = ctx.clock.now();
    change(ctx, who, |attempts| attempts.admit(source, known, now).map_err(|until| too_many(until, now))).await
}

/// Counts an order for a mail that anybody may give, by its source.
pub(super) async fn admit_mail(ctx: &Context, source: &str) -> Result<()> {
    let now = ctx.clock.now();
    change(ctx, &format!("mail/{source}"), |attempts| {
        let orders = &mut attempts.elsewhere;
        if orders.until <= now {
            *orders = Elsewhere { count: 0, until: after(now, LOCKED_FOR) };
        }
        if orders.count >= MAILS {
            let retry_after = wait(orders.until, now);
            let message = format!("too many mails were asked for; try again in {} minutes", retry_after.div_ceil(60));
            return Err(Error::TooMany { message, retry_after });
        }
        orders.count += 1;
        Ok(())
    })
    .await
}

/// Notes the outcome of a guess that was admitted.
pub(super) async fn settle(ctx: &Context, who: &str, source: &str, admitted: Admitted, right: bool) -> Result<()> {
    let now = ctx.clock.now();
    change(ctx, who, |attempts| {
        attempts.settle(source, admitted, right, now);
        Ok(())
    })
    .await
}

/// The refusal of who has to wait.
pub(super) fn too_many(until: Timestamp, now: Timestamp) -> Error {
    let retry_after = wait(until, now);
    let message = format!("too many failed logins; try again in {} minutes", retry_after.div_ceil(60));
    Error::TooMany { message, retry_after }
}

fn wait(until: Timestamp, now: Timestamp) -> u64 {
    until.duration_since(now).as_secs().max(1).unsigned_abs()
}

/// Changes the guesses of an account by a conditional write, until nobody else writes them at the same time.
async fn change<T>(ctx: &Context, who: &str, decide: impl Fn(&mut Attempts) -> Result<T>) -> Result<T> {
    let store = ctx.store.as_ref();
    for _ in 0..TRIES {
        let stored: Option<Stored<Attempts>> = entity::find(store, Key::of(who)).await?;
        let is_new = stored.is_none();
        let mut row = stored.unwrap_or_else(|| entity::inserted(Attempts::none(who, ctx.clock.now())));
        let decided = decide(&mut row.value)?;
        let nothing_left = row.value.sources.is_empty() && row.value.elsewhere.count == 0;
        let written = match (is_new, nothing_left) {
            (true, true) => Ok(()),
            (true, false) => store.write(entity::insert(&row.value)?).await.map_err(Error::from),
            (false, true) => store.write(row.delete()).await.map_err(Error::from),
            (false, false) => row.save(store).await,
        };
        match written {
            Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
            Ok(()) => return Ok(decided),
        }
    }
    Err(Error::Unavailable("too many logins at once; try again in a moment".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn guess(attempts: &mut Attempts, source: &str, known: bool, now: Timestamp) -> Option<bool> {
        let admitted = attempts.admit(source, known, now).ok()?;
        attempts.settle(source, admitted, false, now);
        Some(admitted.locked.is_none())
    }

    #[test]
    fn of_guesses_at_once_ten_are_checked_even_at_a_known_source() {
        for known in [false, true] {
            let mut attempts = Attempts::none("user/1", START);
            let admitted = (0..120).filter(|_| attempts.admit("here", known, START).is_ok()).count();
            assert_eq!(admitted, 10);
        }
    }

    #[test]
    fn a_locked_source_is_checked_one_at_a_time_up_to_a_hundred() {
        let mut attempts = Attempts::none("user/1", START);
        let checked: Vec<_> = (0..120).map_while(|_| guess(&mut attempts, "here", true, START)).collect();
        assert_eq!((checked.len(), checked.iter().filter(|free| **free).count()), (100, 10));
        assert_eq!(guess(&mut attempts, "here", true, after(START, LOCKED_FOR)), Some(true), "it ends by itself");
    }

    #[test]
    fn a_check_that_never_ended_does_not_stop_the_next() {
        let mut attempts = Attempts::none("user/1", START);
        (0..10).for_each(|_| assert!(attempts.admit("here", true, START).is_ok()));
        assert!(attempts.admit("here", true, START).is_err());
        assert!(attempts.admit("here", true, after(START, CHECK_TAKES)).is_ok());
    }

    #[test]
    fn many_sources_lock_the_account_for_all_that_it_does_not_know() {
        let mut attempts = Attempts::none("user/1", START);
        let guesses = (0..1000).filter(|n| guess(&mut attempts, &format!("{n}"), false, START).is_some()).count();
        assert_eq!(guesses, 100);
        assert_eq!(guess(&mut attempts, "home", true, START), Some(true), "a known source is not concerned");
        assert_eq!(guess(&mut attempts, "new", false, START), None);
        assert_eq!(guess(&mut attempts, "new", false, after(START, ELSEWHERE_FOR)), Some(true));
        assert!(attempts.sources.len() < 200, "{}", attempts.sources.len());
    }

    #[test]
    fn a_right_guess_gives_back_what_was_counted() {
        let mut attempts = Attempts::none("user/1", START);
        for _ in 0..500 {
            let admitted = attempts.admit("new", false, START).unwrap();
            attempts.settle("new", admitted, true, START);
        }
        assert!(attempts.sources.is_empty() && attempts.elsewhere.count == 0);
    }
}
