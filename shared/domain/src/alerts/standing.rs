use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Kind, Subject};
use crate::entity::Entity;
use crate::ids::{AlertId, UserId};
use crate::ports::{Attribute, Item, Key, Table};

/// What stands, by subject and kind; and (`once/…`) what was announced, for as long as it may be announced again.
pub static STANDINGS: Table = Table {
    name: "alert_standings",
    partition: Attribute::text("what"),
    sort: None,
    indexes: &[],
    ttl: Some("expires_at"),
};

/// What stands of one subject and kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Standing {
    pub what: String,
    pub owner: UserId,
    /// The alert that tells of it.
    pub alert: AlertId,
    /// How far it has got; only a higher step is told.
    pub step: u8,
    /// When it is forgotten; never, while something stands.
    pub until: Option<Timestamp>,
}

impl Entity for Standing {
    const TABLE: &'static Table = &STANDINGS;
    const NAME: &'static str = "alert's standing";

    fn key(&self) -> Key {
        Key::of(self.what.as_str())
    }

    fn index(&self, item: &mut Item) {
        if let Some(until) = self.until {
            item.insert("expires_at".into(), until.as_second().into());
        }
    }
}

impl Standing {
    pub(super) fn name(subject: Subject, kind: Kind) -> String {
        format!("{}/{}/{}", subject.word(), subject.id(), kind.as_str())
    }

    pub(super) fn once(subject: Subject, kind: Kind, key: &str) -> String {
        format!("once/{}/{key}", Self::name(subject, kind))
    }
}
