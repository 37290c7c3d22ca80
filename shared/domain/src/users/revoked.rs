use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{SESSION_LIFETIME, Session, User};
use crate::entity::{self, Entity, Stored};
use crate::ports::{Attribute, Expect, Item, Key, Store, Table, Write};
use crate::{Context, Error, Result};

/// Sessions that were logged out before their time and did not fit into their user's row, gone when they would have
/// ended.
pub static REVOKED_SESSIONS: Table = Table {
    name: "revoked_sessions",
    partition: Attribute::text("id"),
    sort: None,
    indexes: &[],
    ttl: Some("expires_at"),
};

/// So many are in the user's row, which every request reads.
const IN_THE_ROW: usize = 50;
/// How often a logout is written anew because the user was changed at the same time.
const TRIES: u32 = 20;

/// A session that was logged out before its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedSession {
    /// The session's id.
    pub id: String,
    /// When it would have ended by itself.
    pub until: Timestamp,
}

impl Entity for RevokedSession {
    const TABLE: &'static Table = &REVOKED_SESSIONS;
    const NAME: &'static str = "revoked session";

    fn key(&self) -> Key {
        Key::of(self.id.as_str())
    }

    fn index(&self, item: &mut Item) {
        item.insert("expires_at".into(), self.until.as_second().into());
    }
}

/// Whether the session was logged out before its time.
pub(super) async fn is_revoked(store: &dyn Store, user: &User, session: &Session, now: Timestamp) -> Result<bool> {
    if user.revoked_sessions.iter().any(|revoked| revoked.id == session.id) {
        return Ok(true);
    }
    if user.more_revoked_until.is_none_or(|until| until <= now) {
        return Ok(false);
    }
    Ok(entity::find::<RevokedSession>(store, Key::of(session.id.as_str())).await?.is_some())
}

/// Ends a session before its time, with every token it was refreshed to. However many are ended, no other is.
pub async fn revoke_session(ctx: &Context, user: &mut Stored<User>, session: &Session) -> Result<()> {
    write_anew(ctx, user, |user, now| {
        user.revoked_sessions.retain(|revoked| revoked.until > now);
        let until = now.checked_add(SESSION_LIFETIME).map_err(|e| Error::Internal(e.to_string()))?;
        let revoked = RevokedSession { id: session.id.clone(), until };
        if user.revoked_sessions.len() < IN_THE_ROW {
            user.revoked_sessions.push(revoked);
            return Ok(None);
        }
        user.more_revoked_until = Some(until);
        let item = entity::to_item(&revoked, 1)?;
        Ok(Some(Write::Put { table: &REVOKED_SESSIONS, item, expect: Expect::Any }))
    })
    .await
}

/// Ends every session of a user, and the API key with them.
pub async fn end_all_sessions(ctx: &Context, user: &mut Stored<User>) -> Result<()> {
    write_anew(ctx, user, |user, _| {
        user.end_all_access();
        Ok(None)
    })
    .await
}

/// Changes a user, anew where something else of them was changed at the same time: a logout is not refused for that.
async fn write_anew(
    ctx: &Context,
    user: &mut Stored<User>,
    change: impl Fn(&mut User, Timestamp) -> Result<Option<Write>>,
) -> Result<()> {
    let store = ctx.store.as_ref();
    for _ in 0..TRIES {
        let more = change(&mut user.value, ctx.clock.now())?;
        let saved = match more {
            None => user.save(store).await,
            Some(more) => store.transact(vec![user.update()?, more]).await.map_err(Error::from),
        };
        match saved {
            Err(Error::Conflict(_)) => *user = entity::load(store, Key::of(user.value.id.0)).await?,
            saved => return saved,
        }
    }
    Err(Error::Unavailable("the user is changed all the time; retry in a moment".into()))
}
