use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Grade, Host, Link, Look, Seen, Status, Target};
use crate::Result;
use crate::entity::Entity;
use crate::ids::{MonitorId, UserId};
use crate::list::{self, Listing, PageRequest};
use crate::ports::{Attribute, Index, Item, Key, Projection, StartTls, Store, Table};
use crate::users::Owned;

/// Monitors. `by_owner` is for lists; `by_next` holds those that are switched on, the longest due first, so that a
/// schedule that was lost is found.
pub static MONITORS: Table = Table {
    name: "monitors",
    partition: Attribute::number("id"),
    sort: None,
    indexes: &[
        Index {
            name: "by_next",
            partition: Attribute::text("watched"),
            sort: Attribute::number("next"),
            projection: Projection::Include(&["owner"]),
        },
        Index {
            name: "by_owner",
            partition: Attribute::number("owner"),
            sort: Attribute::number("id"),
            projection: Projection::Include(&["search"]),
        },
    ],
    ttl: None,
};

/// The one partition of `by_next`.
pub(super) const WATCHED: &str = "watched";

/// The shortest interval, in minutes.
pub const INTERVAL_MIN: u32 = 1;
/// The longest interval, in minutes: 30 days.
pub const INTERVAL_MAX: u32 = 30 * 24 * 60;
/// The interval unless another is given, in minutes: 6 hours.
pub const INTERVAL_DEFAULT: u32 = 6 * 60;

/// A TLS endpoint that is looked at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Monitor {
    /// Its id.
    pub id: MonitorId,
    /// Whose it is.
    pub owner: UserId,
    /// The host.
    pub domain: Host,
    /// The port.
    pub port: u16,
    /// Which of its addresses.
    pub target: Target,
    /// What is spoken before TLS.
    pub starttls: Option<StartTls>,
    /// Roots to trust beside the public ones, PEM.
    pub root_ca_pem: Option<String>,
    /// Minutes from one check to the next.
    pub interval_minutes: u32,
    /// Whether it is looked at by itself.
    pub is_active: bool,
    /// The owner's note.
    pub note: String,
    /// What the last check saw.
    pub looks: Vec<Look>,
    /// The certificates in use there, by fingerprint.
    pub fingerprints: Vec<String>,
    /// How many checks in a row reached nobody.
    pub failures: u32,
    /// The owner's certificate for this name, if there is one.
    pub link: Option<Link>,
    /// When it was last looked at.
    pub last_check: Option<Timestamp>,
    /// When it is looked at next. A job for another time is out of date.
    pub next_check: Option<Timestamp>,
    /// Why it is not looked at, though it is switched on: its owner may not have it done now.
    #[serde(default)]
    pub stopped: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed, by somebody.
    pub updated_at: Timestamp,
}

impl Entity for Monitor {
    const TABLE: &'static Table = &MONITORS;
    const NAME: &'static str = "monitor";

    fn key(&self) -> Key {
        Key::of(self.id.0)
    }

    fn index(&self, item: &mut Item) {
        let (domain, read) = (self.domain.to_string(), self.domain.unicode());
        let names = if domain == read { domain } else { format!("{domain} {read}") };
        item.insert("search".into(), format!("{names}\n{}", self.note).trim_end().to_lowercase().into());
        if let Some(next) = self.next_check {
            item.insert("watched".into(), WATCHED.into());
            item.insert("next".into(), next.as_millisecond().into());
        }
    }
}

impl Owned for Monitor {
    fn owner(&self) -> UserId {
        self.owner
    }
}

impl Monitor {
    /// The counter of an owner's monitors.
    pub fn total(owner: UserId) -> String {
        format!("monitors/{owner}")
    }

    /// The looks that count: where one silent address is overlooked, those that saw something, if any did.
    pub fn counting(&self) -> Vec<&Look> {
        counting(&self.target, &self.looks)
    }

    /// Its status at a time.
    pub fn status(&self, now: Timestamp) -> Status {
        worst(&self.target, &self.looks, now)
    }

    /// The look that tells: the worst of those that count and saw something.
    pub fn headline(&self, now: Timestamp) -> Option<&Seen> {
        let seen = self.looks.iter().filter_map(Look::seen);
        // Of equals the first.
        seen.rev().max_by_key(|seen| (seen.status(now), std::cmp::Reverse(seen.ends())))
    }

    /// Whole days until the first certificate expires there.
    pub fn days_remaining(&self, now: Timestamp) -> Option<i64> {
        self.looks.iter().filter_map(Look::seen).map(|seen| seen.days_remaining(now)).min()
    }

    /// The worst grade at a time.
    pub fn grade(&self, now: Timestamp) -> Option<Grade> {
        self.looks.iter().filter_map(Look::seen).map(|seen| seen.grade(now)).max()
    }

    /// The addresses it is bound to, else those last looked at.
    pub fn addresses(&self) -> Vec<IpAddr> {
        if self.target.addresses.is_empty() {
            let mut addresses: Vec<_> = self.looks.iter().filter_map(|look| look.address).collect();
            // A server with two certificates has two looks.
            addresses.dedup();
            addresses
        } else {
            self.target.addresses.clone()
        }
    }
}

pub(super) fn counting<'a>(target: &Target, looks: &'a [Look]) -> Vec<&'a Look> {
    let overlook = target.is_lenient() && looks.iter().any(|look| look.seen().is_some());
    looks.iter().filter(|look| !overlook || look.seen().is_some()).collect()
}

pub(super) fn worst(target: &Target, looks: &[Look], now: Timestamp) -> Status {
    counting(target, looks).into_iter().map(|look| look.status(now)).max().unwrap_or(Status::Unknown)
}

/// A page of an owner's monitors, newest first, whose name or note contain the search.
pub async fn list(store: &dyn Store, owner: UserId, request: &PageRequest) -> Result<Listing<Monitor>> {
    list::page(store, "by_owner", owner.0.into(), &Monitor::total(owner), request).await
}
