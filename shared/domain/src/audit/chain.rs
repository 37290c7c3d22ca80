use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{AUDIT, AuditEntry, By, Outcome};
use crate::entity::Entity;
use crate::ids::UserId;
use crate::ports::{Item, Key, Table};
use crate::{Error, Result};

/// The partition of the entries.
pub(super) const TRAIL: &str = "audit";
const HEAD: &str = "head";
const SEEN: &str = "seen";
/// What the first entry has in place of the hash of the one before.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An entry of the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Its place among the entries: of the number in the chain, or (before the chain) of its time.
    pub id: String,
    /// Its number in the chain, from 1; none before the chain.
    #[serde(default)]
    pub seq: Option<u64>,
    /// The id it came with.
    #[serde(default)]
    pub event: Option<String>,
    /// When it was done.
    pub at: Timestamp,
    /// Who, as far as that is proven.
    #[serde(default)]
    pub user: Option<UserId>,
    /// Who they said they were.
    #[serde(default)]
    pub name: Option<String>,
    /// By what they were known.
    #[serde(default)]
    pub by: By,
    /// From which address.
    pub source: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub target: String,
    /// The outcome.
    #[serde(default)]
    pub outcome: Outcome,
    /// The hash of the entry before.
    #[serde(default)]
    pub previous: Option<String>,
    /// SHA-256 over the entry in its canonical form, hex.
    #[serde(default)]
    pub hash: Option<String>,
}

impl Entity for Recorded {
    const TABLE: &'static Table = &AUDIT;
    const NAME: &'static str = "audit entry";

    fn key(&self) -> Key {
        Key::pair(TRAIL, self.id.as_str())
    }

    fn index(&self, item: &mut Item) {
        item.insert("trail".into(), TRAIL.into());
    }
}

impl Recorded {
    /// The entry that follows the head.
    pub(super) fn after(head: Option<&Head>, entry: &AuditEntry) -> Result<Self> {
        let seq = head.map_or(0, |head| head.seq) + 1;
        let mut recorded = Self {
            id: Self::place(seq),
            seq: Some(seq),
            event: Some(entry.id.clone()),
            at: entry.at,
            user: entry.user,
            name: entry.name.clone(),
            by: entry.by,
            source: entry.source.clone(),
            action: entry.action.clone(),
            target: entry.target.clone(),
            outcome: entry.outcome.clone(),
            previous: Some(head.map_or_else(|| GENESIS.to_owned(), |head| head.hash.clone())),
            hash: None,
        };
        recorded.hash = Some(recorded.hashed()?);
        Ok(recorded)
    }

    /// The place of a number among the entries; those of before the chain begin with a digit, and come first.
    pub(super) fn place(seq: u64) -> String {
        format!("s{seq:016}")
    }

    /// The hash it should have: SHA-256 of its canonical form, which is a JSON array of everything in it, in this
    /// order, without white space.
    pub(super) fn hashed(&self) -> Result<String> {
        let canonical = json!([
            "steward-audit-1",
            self.seq,
            self.previous,
            self.event,
            self.at,
            self.user,
            self.name,
            self.by,
            self.source,
            self.action,
            self.target,
            outcome(&self.outcome),
        ]);
        let canonical = serde_json::to_string(&canonical).map_err(|e| Error::Internal(e.to_string()))?;
        Ok(hex::encode(Sha256::digest(canonical.as_bytes())))
    }
}

fn outcome(outcome: &Outcome) -> serde_json::Value {
    match outcome {
        Outcome::Unknown => json!(["unknown"]),
        Outcome::Answered { status, made } => json!(["answered", status, made]),
        Outcome::Said { words } => json!(["said", words]),
    }
}

/// How long the chain is, and the hash of its last entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of the last entry.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

impl Entity for Head {
    const TABLE: &'static Table = &AUDIT;
    const NAME: &'static str = "audit trail's head";

    fn key(&self) -> Key {
        Self::at()
    }

    fn index(&self, item: &mut Item) {
        item.insert("trail".into(), HEAD.into());
        item.insert("id".into(), HEAD.into());
    }
}

impl Head {
    pub(super) fn at() -> Key {
        Key::pair(HEAD, HEAD)
    }
}

/// An id that was appended: kept for longer than a queue keeps a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Seen {
    pub id: String,
    pub expires_at: i64,
}

impl Entity for Seen {
    const TABLE: &'static Table = &AUDIT;
    const NAME: &'static str = "mark of an audit entry";

    fn key(&self) -> Key {
        Self::at(&self.id)
    }

    fn index(&self, item: &mut Item) {
        item.insert("trail".into(), SEEN.into());
    }
}

impl Seen {
    pub(super) fn at(id: &str) -> Key {
        Key::pair(SEEN, id)
    }
}
