use std::time::Duration;

use jiff::Timestamp;

use super::{ApiKey, Role, User, UserStatus, revoked};
use crate::entity::{self, Entity, Stored};
use crate::ids::UserId;
use crate::ports::{Key, Store};
use crate::{Error, Result};

/// How long a token of a session is good (004 §1.3).
pub const SESSION_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How long after a login the password is not asked for again.
const FRESH_FOR: Duration = Duration::from_secs(10 * 60);

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
    /// When its user last gave their password; tokens of older versions do not say it.
    pub logged_in_at: Option<Timestamp>,
}

impl Session {
    /// Whether its user gave their password a short while ago.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        let end = self.logged_in_at.and_then(|at| at.checked_add(FRESH_FOR).ok());
        end.is_some_and(|end| now < end)
    }
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
    async fn admit(&self, store: &dyn Store, user: Option<Stored<User>>, now: Timestamp) -> Result<Stored<User>> {
        let user = user.filter(|user| user.value.status == UserStatus::Active);
        match self {
            Self::Session(session) => {
                let unusable = || Error::Unauthenticated("this account cannot be used; ask an administrator".into());
                let user = user.ok_or_else(unusable)?;
                let ended = session.until <= now || session.generation != user.value.generation;
                if ended || revoked::is_revoked(store, &user.value, session, now).await? {
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

/// The user who makes a request. One store call, and a second where the user logged out more often than their row holds.
pub async fn authenticate(store: &dyn Store, proof: &Proof, now: Timestamp) -> Result<Stored<User>> {
    let user = entity::find(store, Key::of(proof.user()?.0)).await?;
    proof.admit(store, user, now).await
}

/// The same, and a row that they ask for, whoever it belongs to: one store call for both, half the way to the database.
pub async fn authenticate_with<T: Entity>(
    store: &dyn Store,
    proof: &Proof,
    row: Key,
    now: Timestamp,
) -> Result<(Stored<User>, Option<Stored<T>>)> {
    let (user, row) = entity::find_both(store, Key::of(proof.user()?.0), row).await?;
    Ok((proof.admit(store, user, now).await?, row))
}

/// The same, and two rows that they ask for.
pub async fn authenticate_with_two<A: Entity, B: Entity>(
    store: &dyn Store,
    proof: &Proof,
    (a, b): (Key, Key),
    now: Timestamp,
) -> Result<(Stored<User>, Option<Stored<A>>, Option<Stored<B>>)> {
    let (user, a, b) = entity::find_three(store, Key::of(proof.user()?.0), a, b).await?;
    Ok((proof.admit(store, user, now).await?, a, b))
}

impl User {
    /// The viewer this user is, coming from `source`.
    pub fn viewer(&self, source: String) -> super::Viewer {
        super::Viewer { user: self.id, role: self.role, source }
    }

    /// Ends every session, and the API key with them.
    pub(super) fn end_all_access(&mut self) {
        self.generation += 1;
        self.api_key_hash.clear();
        self.revoked_sessions.clear();
        self.more_revoked_until = None;
    }

    /// Whether they run the business.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}
