use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::entity::{self, Entity, Stored};
use crate::ids::UserId;
use crate::names::Email;
use crate::ports::{Attribute, Item, Key, StoreError, Table};
use crate::{Context, Error, Result};

/// What was sent on whose behalf, and to which addresses: making and deleting channels gives nobody more.
pub static MAIL_ALLOWANCES: Table = Table {
    name: "mail_allowances",
    partition: Attribute::text("who"),
    sort: None,
    indexes: &[],
    ttl: Some("expires_at"),
};

/// How often a row is read again because somebody else wrote it.
const TRIES: usize = 10;

/// How much of something there is within a time.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    who: String,
    most: usize,
    window: Duration,
    /// What a person is told when there is no more.
    spent: &'static str,
}

impl Limit {
    /// Confirmations that an owner has sent to anybody.
    pub fn confirmations_of(owner: UserId) -> Self {
        let spent =
            "20 addresses were written to for your channels within a day; confirm those, and wait with the others";
        Self { who: format!("confirmations-of/{owner}"), most: 20, window: Duration::from_secs(24 * 60 * 60), spent }
    }

    /// Confirmations that an address gets, whoever has them sent.
    pub fn confirmations_to(address: &Email) -> Self {
        let digest = hex::encode(Sha256::digest(address.as_str().to_lowercase()));
        let spent = "that address was asked three times within a day to confirm; it has to confirm, or be left alone";
        Self { who: format!("confirmations-to/{digest}"), most: 3, window: Duration::from_secs(24 * 60 * 60), spent }
    }

    /// Messages that an owner sends to try channels out, those deleted since included.
    pub fn tests_of(owner: UserId) -> Self {
        let spent = "30 messages were sent to test your channels within an hour; wait before you test another";
        Self { who: format!("tests-of/{owner}"), most: 30, window: Duration::from_secs(60 * 60), spent }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Allowance {
    who: String,
    sent: Vec<Timestamp>,
    expires: Timestamp,
}

impl Entity for Allowance {
    const TABLE: &'static Table = &MAIL_ALLOWANCES;
    const NAME: &'static str = "mail allowance";

    fn key(&self) -> Key {
        Key::of(self.who.as_str())
    }

    fn index(&self, item: &mut Item) {
        item.insert("expires_at".into(), self.expires.as_second().into());
    }
}

impl Allowance {
    /// Takes note of one more; how long to wait where there is no room for it.
    fn spend(&mut self, limit: &Limit, now: Timestamp) -> std::result::Result<(), Duration> {
        let left = |sent: &Timestamp| {
            let since = Duration::try_from(now.duration_since(*sent)).ok()?;
            limit.window.checked_sub(since).filter(|left| !left.is_zero())
        };
        self.sent.retain(|sent| left(sent).is_some());
        if self.sent.len() >= limit.most {
            return Err(self.sent.iter().filter_map(left).min().unwrap_or(limit.window));
        }
        self.sent.push(now);
        self.expires = now.checked_add(limit.window).unwrap_or(now);
        Ok(())
    }
}

/// Takes one from each of these limits, or from none: too many where one of them has no more. Gives the time it was
/// taken at, for [`give_back`].
pub(super) async fn spend(ctx: &Context, limits: &[Limit]) -> Result<Timestamp> {
    let store = ctx.store.as_ref();
    for _ in 0..TRIES {
        let now = ctx.clock.now();
        let mut writes = Vec::new();
        for limit in limits {
            let mut row = Row::find(ctx, limit, now).await?;
            if let Err(wait) = row.allowance().spend(limit, now) {
                return Err(Error::TooMany { message: limit.spent.into(), retry_after: wait.as_secs().max(1) });
            }
            writes.push(row.put()?);
        }
        match store.transact(writes).await {
            Ok(()) => return Ok(now),
            Err(StoreError::Unexpected { .. } | StoreError::Busy(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Unavailable("many messages are sent at once; try again in a moment".into()))
}

/// Gives back what was taken at this time from each of these limits and not used, because nothing was sent.
pub(super) async fn give_back(ctx: &Context, limits: &[Limit], at: Timestamp) -> Result<()> {
    for limit in limits {
        for _ in 0..TRIES {
            let found = entity::find::<Allowance>(ctx.store.as_ref(), Key::of(limit.who.as_str())).await?;
            let Some(mut row) = found else { break };
            let Some(place) = row.value.sent.iter().rposition(|sent| *sent == at) else { break };
            row.value.sent.remove(place);
            match row.save(ctx.store.as_ref()).await {
                Err(Error::Conflict(_)) => {}
                saved => {
                    saved?;
                    break;
                }
            }
        }
    }
    Ok(())
}

enum Row {
    Stored(Stored<Allowance>),
    New(Allowance),
}

impl Row {
    async fn find(ctx: &Context, limit: &Limit, now: Timestamp) -> Result<Self> {
        let new = || Self::New(Allowance { who: limit.who.clone(), sent: Vec::new(), expires: now });
        Ok(entity::find(ctx.store.as_ref(), Key::of(limit.who.as_str())).await?.map_or_else(new, Self::Stored))
    }

    fn allowance(&mut self) -> &mut Allowance {
        match self {
            Self::Stored(stored) => &mut stored.value,
            Self::New(new) => new,
        }
    }

    fn put(&self) -> Result<crate::ports::Write> {
        match self {
            Self::Stored(stored) => stored.update(),
            Self::New(new) => entity::insert(new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_again_when_the_oldest_is_out_of_the_window_or_of_a_clock_set_back() {
        let limit = Limit { who: "a".into(), most: 2, window: Duration::from_secs(60), spent: "" };
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let mut row = Allowance { who: "a".into(), sent: vec![at(5000)], expires: at(0) };
        assert_eq!(row.spend(&limit, at(100)), Ok(()));
        assert_eq!(row.spend(&limit, at(110)), Ok(()));
        assert_eq!(row.spend(&limit, at(120)), Err(Duration::from_secs(40)));
        assert_eq!(row.spend(&limit, at(160)), Ok(()));
    }
}
