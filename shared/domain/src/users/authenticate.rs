use std::time::Duration;

use jiff::Timestamp;

use super::{ApiKey, RevokedSession, Role, User, UserStatus};
use crate::entity::{self, Stored};
use crate::ids::UserId;
use crate::ports::{Key, Store};
use crate::{Context, Error, Result};

/// How long a token of a session is good (004 §1.3).
pub const SESSION_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How many early logouts are remembered one by one; more end every session of the user instead.
const REMEMBERED_LOGOUTS: usize = 50;

/// What a session's token says, once its signature has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The session's id.
    pub id: String,
    /// Whose it is.
    pub user: UserId,
    /// The user's generation when it began.
    pub generation: u64,
    /// When it ends by itself.
    pub until: Timestamp,
}

/// The user of a session, if it is still good. One store call.
pub async fn by_session(store: &dyn Store, session: &Session, now: Timestamp) -> Result<Stored<User>> {
    let user = active(store, session.user).await?;
    let revoked = user.value.revoked_sessions.iter().any(|revoked| revoked.id == session.id);
    if session.until <= now || session.generation != user.value.generation || revoked {
        return Err(Error::Unauthenticated("the session has ended; log in again".into()));
    }
    Ok(user)
}

/// The user of an API key. One store call.
pub async fn by_api_key(store: &dyn Store, key: &ApiKey) -> Result<Stored<User>> {
    let wrong = || Error::Unauthenticated("the API key is not valid".into());
    let user = active(store, key.user().ok_or_else(wrong)?).await.map_err(|error| match error {
        Error::Unauthenticated(_) => wrong(),
        other => other,
    })?;
    if key.has_hash(&user.value.api_key_hash) { Ok(user) } else { Err(wrong()) }
}

async fn active(store: &dyn Store, id: UserId) -> Result<Stored<User>> {
    let user: Option<Stored<User>> = entity::find(store, Key::of(id.0)).await?;
    match user {
        Some(user) if user.value.status == UserStatus::Active => Ok(user),
        _ => Err(Error::Unauthenticated("this account cannot be used; ask an administrator".into())),
    }
}

/// Ends a session before its time, with every token it was refreshed to.
pub async fn revoke_session(ctx: &Context, user: &mut Stored<User>, session: &Session) -> Result<()> {
    let now = ctx.clock.now();
    let sessions = &mut user.value.revoked_sessions;
    sessions.retain(|revoked| revoked.until > now);
    if sessions.len() < REMEMBERED_LOGOUTS {
        let until = now.checked_add(SESSION_LIFETIME).map_err(|e| Error::Internal(e.to_string()))?;
        sessions.push(RevokedSession { id: session.id.clone(), until });
    } else {
        sessions.clear();
        user.value.generation += 1;
    }
    user.save(ctx.store.as_ref()).await
}

impl User {
    /// The viewer this user is, coming from `source`.
    pub fn viewer(&self, source: String) -> super::Viewer {
        super::Viewer { user: self.id, role: self.role, source }
    }

    /// Whether they run the business.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}
