//! Users: one set behind the three documents that speak of them (000 §4.1, 003 §1, 004 §1).

mod admin;
mod api_key;
mod attempts;
mod authenticate;
mod known_source;
mod login;
mod mailbox;
mod password;
mod profile;
mod register;
mod revoked;
mod standing;
mod viewer;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use admin::{Change, change, delete, reactivate, suspend};
pub use api_key::{ApiKey, Confirmation, regenerate_key};
pub use attempts::LOGIN_FAILURES;
pub use authenticate::{Proof, SESSION_LIFETIME, Session, authenticate, authenticate_with, authenticate_with_two};
pub use known_source::{KnownSource, network};
pub use login::login;
pub use mailbox::{EmailProof, by_email_token, confirm_email, request_verification, send_verification};
pub use password::{PASSWORD_MAX, PASSWORD_MIN};
pub use profile::{ProfileChange, change_profile};
pub use register::{NewUser, USERNAME_MAX, USERNAME_MIN, exist, register, register_first_admin};
pub use revoked::{REVOKED_SESSIONS, RevokedSession, end_all_sessions, revoke_session};
pub use standing::{Barred, Touched, ask_again, may_go_on};
pub use viewer::{Owned, Viewer};

use crate::entity::{self, Entity, Stored};
use crate::ids::UserId;
use crate::names::Email;
use crate::ports::{Attribute, Index, Item, Key, Projection, Store, Table};
use crate::{Error, Result};

/// Users; `by_listing` is for administrators' lists.
pub static USERS: Table = Table {
    name: "users",
    partition: Attribute::number("id"),
    sort: None,
    indexes: &[Index {
        name: "by_listing",
        partition: Attribute::text("listing"),
        sort: Attribute::number("id"),
        projection: Projection::Include(&["search"]),
    }],
    ttl: None,
};

/// Usernames and addresses in use (`username/…`, `email/…`), written with the user so that no two share one.
pub static USER_NAMES: Table =
    Table { name: "user_names", partition: Attribute::text("name"), sort: None, indexes: &[], ttl: None };

/// What a user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Runs the business.
    Admin,
    /// Brings and serves users of their own.
    Distributor,
    /// A customer.
    User,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Distributor, Self::User];

    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Distributor => "distributor",
            Self::User => "user",
        }
    }

    /// Reads the API's word.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| Error::invalid(field, "must be one of admin, distributor, user"))
    }
}

/// Whether a user may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserStatus {
    /// They may.
    Active,
    /// An administrator stopped them, for now.
    Suspended,
    /// They are gone; the row stays so that their id is never given again.
    Deleted,
}

impl UserStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Deleted];

    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }
}

/// How much a user may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// How many certificates.
    pub certificates: u32,
}

impl Default for Quota {
    fn default() -> Self {
        Self { certificates: 20_000 }
    }
}

/// A user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Unique, without regard to case.
    pub username: String,
    /// Unique.
    pub email: Email,
    /// Whether they proved that the address is theirs.
    pub email_verified: bool,
    /// When the mail that proves it was last sent.
    pub verification_sent_at: Option<Timestamp>,
    /// What the links in the mails prove that are still good.
    #[serde(default)]
    pub email_proofs: Vec<EmailProof>,
    /// argon2id, PHC string.
    pub password_hash: String,
    /// SHA-256 of the API key, hex.
    pub api_key_hash: String,
    /// What they are.
    pub role: Role,
    /// Whether they may act.
    pub status: UserStatus,
    /// How much they may have.
    pub quota: Quota,
    /// Raised to end every session at once.
    pub generation: u64,
    /// Sessions that were logged out before their time, as many as fit here.
    pub revoked_sessions: Vec<RevokedSession>,
    /// Until when sessions that did not fit are in [`REVOKED_SESSIONS`].
    #[serde(default)]
    pub more_revoked_until: Option<Timestamp>,
    /// Where they logged in from.
    #[serde(default)]
    pub known_sources: Vec<KnownSource>,
    /// The distributor who brought them.
    pub brought_by: Option<UserId>,
    /// When they registered.
    pub created_at: Timestamp,
    /// When they last changed.
    pub updated_at: Timestamp,
}

impl Entity for User {
    const TABLE: &'static Table = &USERS;
    const NAME: &'static str = "user";

    fn key(&self) -> Key {
        Key::of(self.id.0)
    }

    fn index(&self, item: &mut Item) {
        item.insert("listing".into(), "user".into());
        item.insert("search".into(), format!("{} {}", self.username, self.email).to_lowercase().into());
    }
}

impl User {
    /// The counter of all users.
    pub const TOTAL: &'static str = "users";

    /// The keys of the markers that reserve the user's names.
    fn names(&self) -> [Key; 2] {
        [username_key(&self.username), email_key(&self.email)]
    }
}

/// An id that no user gets.
const NOBODY: i64 = 0;

fn username_key(username: &str) -> Key {
    Key::of(format!("username/{}", username.to_lowercase()))
}

fn email_key(email: &Email) -> Key {
    Key::of(format!("email/{}", email.as_str().to_lowercase()))
}

/// The user with a username (or an address), if there is one.
///
/// A name that nobody has takes the same calls: the time does not tell who exists.
async fn find_by_name(store: &dyn Store, name: &str) -> Result<Option<Stored<User>>> {
    let kind = if name.contains('@') { "email" } else { "username" };
    let marker = store.get(&USER_NAMES, Key::of(format!("{kind}/{}", name.to_lowercase()))).await?;
    let id = marker.as_ref().and_then(|item| item.get("user")).and_then(serde_json::Value::as_i64);
    entity::find(store, Key::of(id.unwrap_or(NOBODY))).await
}

/// A user the viewer may see.
pub async fn load(store: &dyn Store, id: UserId, viewer: &Viewer) -> Result<Stored<User>> {
    let user: Stored<User> = entity::load(store, Key::of(id.0)).await?;
    if viewer.reaches(&user.value) { Ok(user) } else { Err(Error::NotFound { what: User::NAME }) }
}

/// A page of users, newest first, whose name or address contains the search. Deleted users stay listed.
pub async fn list(store: &dyn Store, request: &crate::list::PageRequest) -> Result<crate::list::Listing<User>> {
    crate::list::page(store, "by_listing", "user".into(), User::TOTAL, request).await
}
