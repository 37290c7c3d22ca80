//! The audit trail: who did what to what, from where, when, and the outcome.
//!
//! Entries are chained: each has a number, and a SHA-256 over itself and the hash of the one before. The head says how
//! many there are and the hash of the last, and moves in the transaction that adds an entry. So a changed, missing,
//! moved or cut-off entry is found by [`verify`]. Entries of before the chain have no number, and sort before it. What is
//! older than the trail is kept is removed; a [`Cut`] says where the chain begins since then, signed with a key of the
//! vault.

mod append;
mod chain;
mod cut;
mod export;
mod list;
mod purge;
mod record;
mod trim;
mod verify;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use append::append;
pub use chain::{Head, Recorded};
pub use cut::Cut;
pub use export::{Line, read};
pub use list::list;
pub use purge::purge;
pub use record::{begin, finish, new_id, record, record_system};
pub use trim::{Trimmed, retain, trim};
pub use verify::{Broken, Check, Proof, verify};

use crate::ids::UserId;
use crate::ports::{Attribute, Table};

/// Audit entries in one partition, in the order of their ids; the head of the chain and its cut; and (`seen`) the ids of entries
/// that were appended lately, so that a job delivered twice appends once.
pub static AUDIT: Table = Table {
    name: "audit",
    partition: Attribute::text("trail"),
    sort: Some(Attribute::text("id")),
    indexes: &[],
    ttl: Some("expires_at"),
};

/// By what somebody was known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A token of a login.
    #[default]
    Token,
    /// An API key.
    ApiKey,
    /// Nothing yet: a login, a registration, or a link in a mail.
    Nothing,
    /// It was Steward itself, at work on its own.
    Steward,
}

impl By {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Token, Self::ApiKey, Self::Nothing, Self::Steward];

    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::ApiKey => "api_key",
            Self::Nothing => "nothing",
            Self::Steward => "steward",
        }
    }
}

/// The outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// Nobody knows: the process died, or the caller hung up.
    #[default]
    Unknown,
    /// The request was answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The id of what was made.
        made: Option<i64>,
    },
    /// What Steward says of its own work.
    Said {
        /// In plain words.
        words: String,
    },
}

/// One entry on its way to the trail. Its id comes from whoever makes it, so that of several jobs with one id the first
/// one writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Unique, made of the time and random bits.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Who, as far as that is proven.
    #[serde(default)]
    pub user: Option<UserId>,
    /// Who they say they are, where that is all there is.
    #[serde(default)]
    pub name: Option<String>,
    /// By what they were known.
    #[serde(default)]
    pub by: By,
    /// From which address.
    pub source: String,
    /// What was done: method and route, e.g. `POST /api/certificates/{id}/verify`; or what Steward calls its own work.
    pub action: String,
    /// To what: the path, e.g. `/api/certificates/12/verify`.
    pub target: String,
    /// The outcome.
    #[serde(default)]
    pub outcome: Outcome,
}
