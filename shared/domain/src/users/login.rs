use std::net::IpAddr;
use std::time::Duration;

use ipnet::Ipv6Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{User, UserStatus, find_by_name, password};
use crate::entity::{self, Entity, Stored};
use crate::ports::{Attribute, Expect, Item, Key, Store, Table, Write};
use crate::{Context, Error, Result};

/// Failed logins by name and source, gone by themselves after a while.
pub static LOGIN_FAILURES: Table = Table {
    name: "login_failures",
    partition: Attribute::text("who"),
    sort: None,
    indexes: &[],
    ttl: Some("expires_at"),
};

/// So many failures in a row lock name and source.
const ALLOWED: u32 = 10;
/// For so long after the last of them.
const LOCKED_FOR: Duration = Duration::from_secs(15 * 60);
/// How often a failure is counted anew because another one was counted at the same time.
const COUNT_TRIES: u32 = 20;

#[derive(Serialize, Deserialize)]
struct Failures {
    who: String,
    count: u32,
    until: Timestamp,
}

impl Entity for Failures {
    const TABLE: &'static Table = &LOGIN_FAILURES;
    const NAME: &'static str = "login failure";

    fn key(&self) -> Key {
        Key::of(self.who.as_str())
    }

    fn index(&self, item: &mut Item) {
        item.insert("expires_at".into(), self.until.as_second().into());
    }
}

/// The user with this name (or address) and password. Says only that the two do not fit, whichever is wrong, after
/// the same time. Ten failures lock the name for that source for a quarter of an hour.
pub async fn login(ctx: &Context, username: &str, password: &str, source: &str) -> Result<Stored<User>> {
    let store = ctx.store.as_ref();
    let now = ctx.clock.now();
    let shown: String = username.chars().take(254).collect();
    let user = find_by_name(store, &shown).await?;
    let who = match &user {
        // One account, whichever of its names is tried.
        Some(user) => format!("{}/user/{}", network(source), user.value.id),
        None => format!("{}/name/{}", network(source), shown.to_lowercase()),
    };
    let failures = recent_failures(store, &who, now).await?;
    let fits = password::verify(user.as_ref().map(|user| user.value.password_hash.as_str()), password).await?;
    let Some(user) = user.filter(|user| fits && user.value.status != UserStatus::Deleted) else {
        count_failure(store, who, now).await?;
        return Err(Error::Unauthenticated("Invalid username or password".into()));
    };
    // Guesses that came all at once were all let in above; the right one among them is not, once ten have failed.
    let failures = failures.max(recent_failures(store, &who, now).await?);
    if user.value.status == UserStatus::Suspended {
        return Err(Error::Forbidden("this account is suspended; ask an administrator".into()));
    }
    if failures > 0 {
        store.write(Write::Delete { table: &LOGIN_FAILURES, key: Key::of(who), expect: Expect::Any }).await?;
    }
    Ok(user)
}

/// What counts as one source: an IPv4 address, or the /64 that one IPv6 subscriber has (RFC 6177).
fn network(source: &str) -> String {
    match source.parse().map(|address: IpAddr| address.to_canonical()) {
        Ok(IpAddr::V6(v6)) => Ipv6Net::new_assert(v6, 64).trunc().to_string(),
        _ => source.to_owned(),
    }
}

/// How many logins failed lately; [`Error::TooMany`] when they are too many.
async fn recent_failures(store: &dyn Store, who: &str, now: Timestamp) -> Result<u32> {
    let failures = entity::find::<Failures>(store, Key::of(who)).await?.filter(|f| f.value.until > now);
    let Some(Failures { count, until, .. }) = failures.map(|failures| failures.value) else { return Ok(0) };
    if count < ALLOWED {
        return Ok(count);
    }
    let retry_after = until.duration_since(now).as_secs().max(1).unsigned_abs();
    let message = format!("too many failed logins; try again in {} minutes", retry_after.div_ceil(60));
    Err(Error::TooMany { message, retry_after })
}

/// Counts each failure, also of those that happen at once.
async fn count_failure(store: &dyn Store, who: String, now: Timestamp) -> Result<()> {
    let until = now.checked_add(LOCKED_FOR).map_err(|e| Error::Internal(e.to_string()))?;
    for _ in 0..COUNT_TRIES {
        let written = match entity::find::<Failures>(store, Key::of(who.as_str())).await? {
            Some(mut failures) => {
                let before = if failures.value.until > now { failures.value.count } else { 0 };
                (failures.value.count, failures.value.until) = (before + 1, until);
                failures.save(store).await
            }
            None => {
                let first = Failures { who: who.clone(), count: 1, until };
                store.write(entity::insert(&first)?).await.map_err(Error::from)
            }
        };
        match written {
            Err(Error::Conflict(_)) => {}
            other => return other,
        }
    }
    Err(Error::Unavailable("too many logins at once; try again in a moment".into()))
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn an_ipv6_subscriber_is_one_source() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::9"));
        assert_ne!(network("2001:db8:1:2::9"), network("2001:db8:1:3::9"));
        assert_eq!((network("192.0.2.1"), network("unknown")), ("192.0.2.1".to_owned(), "unknown".to_owned()));
    }
}
