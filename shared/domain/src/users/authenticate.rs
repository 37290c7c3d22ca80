use std::time::Duration;

use jiff::Timestamp;

use super::{ApiKey, RevokedSession, Role, User, UserStatus};
use crate::entity::{self, Entity, Stored};
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

/// What a request shows of who makes it.
#[derive(Clone, Debug)]
pub enum Proof {
    /// A token whose signature was checked.
    Session(Session),
    /// An API key as it was sent.
    ApiKey(ApiKey),
}

impl Proof {
    fn user(&self) -> Result<UserId> {
        match self {
            Self::Session(session) => Ok(session.user),
            Self::ApiKey(key) => key.user().ok_or_else(wrong_key),
        }
    }

    /// The user as stored, if this proves now to be them, and they may use their account.
    fn admit(&self, user: Option<Stored<User>>, now: Timestamp) -> Result<Stored<User>> {
        let user = user.filter(|user| user.value.status == UserStatus::Active);
        match self {
            Self::Session(session) => {
                let unusable = || Error::Unauthenticated("this account cannot be used; ask an administrator".into());
                let user = user.ok_or_else(unusable)?;
                let revoked = user.value.revoked_sessions.iter().any(|revoked| revoked.id == session.id);
                if session.until <= now || session.generation != user.value.generation || revoked {
                    return Err(Error::Unauthenticated("the session has ended; log in again".into()));
                }
                Ok(user)
            }
            Self::ApiKey(key) => user.filter(|user| key.has_hash(&user.value.api_key_hash)).ok_or_else(wrong_key),
        }
    }
}

fn wrong_key() -> Error {
    Error::Unauthenticated("the API key is not valid".into())
}

/// The user who makes a request. One store call.
pub async fn authenticate(store: &dyn Store, proof: &Proof, now: Timestamp) -> Result<Stored<User>> {
    let user = entity::find(store, Key::of(proof.user()?.0)).await?;
    proof.admit(user, now)
}

/// The same, and a row that they ask for, whoever it belongs to: one store call for both, half the way to the database.
pub async fn authenticate_with<T: Entity>(
    store: &dyn Store,
    proof: &Proof,
    row: Key,
    now: Timestamp,
) -> Result<(Stored<User>, Option<Stored<T>>)> {
    let (user, row) = entity::find_both(store, Key::of(proof.user()?.0), row).await?;
    Ok((proof.admit(user, now)?, row))
}

/// The same, and two rows that they ask for.
pub async fn authenticate_with_two<A: Entity, B: Entity>(
    store: &dyn Store,
    proof: &Proof,
    (a, b): (Key, Key),
    now: Timestamp,
) -> Result<(Stored<User>, Option<Stored<A>>, Option<Stored<B>>)> {
    let (user, a, b) = entity::find_three(store, Key::of(proof.user()?.0), a, b).await?;
    Ok((proof.admit(user, now)?, a, b))
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
