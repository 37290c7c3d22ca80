use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Kind, Level, Subject};
use crate::Result;
use crate::entity::Entity;
use crate::ids::{AlertId, UserId};
use crate::list::{self, Listing, PageRequest};
use crate::ports::{Attribute, Index, Item, Key, Projection, Store, Table};

/// Alerts, those that stand and those that are over.
pub static ALERTS: Table = Table {
    name: "alerts",
    partition: Attribute::number("id"),
    sort: None,
    indexes: &[
        Index {
            name: "by_owner",
            partition: Attribute::number("owner"),
            sort: Attribute::number("id"),
            projection: Projection::Include(&["search"]),
        },
        Index {
            name: "by_firing",
            partition: Attribute::number("firing"),
            sort: Attribute::number("id"),
            projection: Projection::Include(&["search"]),
        },
    ],
    ttl: None,
};

/// Whether an alert still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AlertState {
    /// It does.
    Firing,
    /// No longer.
    Over {
        /// Since when.
        ended_at: Timestamp,
    },
    /// It happened once, and there is nothing to end.
    Happened,
}

/// Something that was, or is, wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// Whom it concerns.
    pub owner: UserId,
    /// What it is about.
    pub subject: Subject,
    /// What people call that, e.g. `www.example.com`.
    pub name: String,
    /// What kind of thing is wrong.
    pub kind: Kind,
    /// How urgent it is, or was at its worst.
    pub level: Level,
    /// What is wrong, and what to do.
    pub text: String,
    /// Whether it still stands.
    #[serde(flatten)]
    pub state: AlertState,
    /// Since when.
    pub since: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Entity for Alert {
    const TABLE: &'static Table = &ALERTS;
    const NAME: &'static str = "alert";

    fn key(&self) -> Key {
        Key::of(self.id.0)
    }

    fn index(&self, item: &mut Item) {
        item.insert("search".into(), format!("{} {}", self.name, self.kind.as_str()).to_lowercase().into());
        if self.state == AlertState::Firing {
            item.insert("firing".into(), self.owner.0.into());
        }
    }
}

impl Alert {
    /// The counter of an owner's alerts.
    pub fn total(owner: UserId) -> String {
        format!("alerts/{owner}")
    }

    /// The counter of those that stand.
    pub fn firing(owner: UserId) -> String {
        format!("alerts-firing/{owner}")
    }
}

/// A page of an owner's alerts, newest first: all of them, or those that stand.
pub async fn list(store: &dyn Store, owner: UserId, firing: bool, request: &PageRequest) -> Result<Listing<Alert>> {
    let (index, total) = if firing { ("by_firing", Alert::firing(owner)) } else { ("by_owner", Alert::total(owner)) };
    list::page(store, index, owner.0.into(), &total, request).await
}
