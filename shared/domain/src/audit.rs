//! The audit trail: who did what to what, from where, when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entity::Entity;
use crate::ids::UserId;
use crate::ports::{Attribute, Index, Key, Projection, Table};

/// Audit entries, listed newest first.
pub static AUDIT: Table = Table {
    name: "audit",
    partition: Attribute::text("id"),
    sort: None,
    indexes: &[Index {
        name: "by_time",
        partition: Attribute::text("trail"),
        sort: Attribute::text("order"),
        projection: Projection::All,
    }],
    ttl: None,
};

/// One entry. Its id comes from whoever makes it, so that a job delivered twice writes it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Unique, made of the time and random bits.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub user: UserId,
    /// From which address.
    pub source: String,
    /// What was done, e.g. `certificate.download`.
    pub action: String,
    /// To what, e.g. `certificate 12`.
    pub target: String,
}

impl Entity for AuditEntry {
    const TABLE: &'static Table = &AUDIT;
    const NAME: &'static str = "audit entry";

    fn key(&self) -> Key {
        Key::of(self.id.as_str())
    }

    fn index(&self, item: &mut crate::ports::Item) {
        item.insert("trail".into(), "audit".into());
        item.insert("order".into(), format!("{:020}-{}", self.at.as_millisecond(), self.id).into());
    }
}
