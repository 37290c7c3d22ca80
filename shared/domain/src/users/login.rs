use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{User, UserStatus, find_by_name, password};
use crate::entity::{self, Entity, Stored};
use crate::ports::{Attribute, Item, Key, Table, Write};
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
    let who = format!("{source}/{}", shown.to_lowercase());
    let failures = entity::find::<Failures>(store, Key::of(who.as_str())).await?.filter(|f| f.value.until > now);
    if let Some(failures) = failures.as_ref().filter(|failures| failures.value.count >= ALLOWED) {
        let retry_after = failures.value.until.duration_since(now).as_secs().max(1).unsigned_abs();
        let message = format!("too many failed logins; try again in {} minutes", retry_after.div_ceil(60));
        return Err(Error::TooMany { message, retry_after });
    }

    let user = find_by_name(store, &shown).await?;
    let fits = password::verify(user.as_ref().map(|user| user.value.password_hash.as_str()), password).await?;
    match user {
        Some(user) if fits && user.value.status == UserStatus::Active => {
            if failures.is_some() {
                let (table, key) = (&LOGIN_FAILURES, Key::of(who));
                store.write(Write::Delete { table, key, expect: crate::ports::Expect::Any }).await?;
            }
            Ok(user)
        }
        Some(user) if fits && user.value.status == UserStatus::Suspended => {
            Err(Error::Forbidden("this account is suspended; ask an administrator".into()))
        }
        _ => {
            let count = failures.map_or(0, |failures| failures.value.count) + 1;
            let until = now.checked_add(LOCKED_FOR).map_err(|e| Error::Internal(e.to_string()))?;
            let item = entity::to_item(&Failures { who, count, until }, 1)?;
            let write = Write::Put { table: &LOGIN_FAILURES, item, expect: crate::ports::Expect::Any };
            store.write(write).await?;
            Err(Error::Unauthenticated("Invalid username or password".into()))
        }
    }
}
