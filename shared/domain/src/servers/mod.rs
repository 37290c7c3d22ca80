//! Servers that certificates are deployed to (document 000 §3.3, §4.3).

mod contact;
mod create;
mod delete;
mod host_key;
mod ssh;
mod test;
mod update;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use contact::{COMMAND, Contact, ContactError, connect};
pub use create::{NewServer, TYPE_MAX, WORD_MAX, create};
pub use delete::delete;
pub use host_key::accept_host_key;
pub use ssh::{KnownPlace, Ssh, SshSettings, set_ssh};
pub use test::{TEST_STEPS, start_test};
pub use update::{ServerChange, update};

use crate::Result;
use crate::entity::Entity;
use crate::ids::{ServerId, UserId};
use crate::list::{self, Listing, PageRequest};
use crate::ports::{Attribute, Index, Item, Key, Projection, Store, Table};
use crate::users::Owned;

/// Servers, by owner.
pub static SERVERS: Table = Table {
    name: "servers",
    partition: Attribute::number("id"),
    sort: None,
    indexes: &[Index {
        name: "by_owner",
        partition: Attribute::number("owner"),
        sort: Attribute::number("id"),
        projection: Projection::Include(&["search"]),
    }],
    ttl: None,
};

/// How a server was found the last time somebody looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerStatus {
    /// Nobody has looked yet.
    Unknown,
    /// It answers, and lets Steward in.
    Normal,
    /// It does not answer.
    Unreachable,
    /// It does not let Steward in, or not run anything.
    LoginRefused,
    /// It shows another host key than before.
    HostKeyChanged,
}

impl ServerStatus {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Unknown, Self::Normal, Self::Unreachable, Self::LoginRefused, Self::HostKeyChanged];

    /// The word the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Normal => "normal",
            Self::Unreachable => "unreachable",
            Self::LoginRefused => "login refused",
            Self::HostKeyChanged => "host key changed",
        }
    }
}

/// A server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Server {
    /// Its id.
    pub id: ServerId,
    /// Whose it is.
    pub owner: UserId,
    /// What serves its sites, in lower case, e.g. `nginx` or `apache`.
    pub r#type: String,
    /// What people call it.
    pub name: String,
    /// Its operating system, as somebody said or a test found.
    pub system: String,
    /// Its address, IPv4 or IPv6.
    pub ip_address: String,
    /// The version of what serves its sites, as somebody said or a test found.
    pub version: String,
    /// How it was found last.
    pub status: ServerStatus,
    /// Whether renewed certificates are deployed to it by themselves.
    pub auto_deploy: bool,
    /// The owner's note.
    pub note: String,
    /// How it is reached over SSH, once somebody said so.
    #[serde(default)]
    pub ssh: Option<Ssh>,
    /// When somebody last looked at it.
    #[serde(default)]
    pub last_update: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its row last changed.
    pub updated_at: Timestamp,
}

impl Entity for Server {
    const TABLE: &'static Table = &SERVERS;
    const NAME: &'static str = "server";

    fn key(&self) -> Key {
        Key::of(self.id.0)
    }

    fn index(&self, item: &mut Item) {
        let text = format!("{} {}\n{}", self.name, self.ip_address, self.note);
        item.insert("search".into(), text.trim_end().to_lowercase().into());
    }
}

impl Owned for Server {
    fn owner(&self) -> UserId {
        self.owner
    }
}

impl Server {
    /// The counter of an owner's servers.
    pub fn total(owner: UserId) -> String {
        format!("servers/{owner}")
    }

    /// The counter of the deployments to it.
    pub fn deployments(id: ServerId) -> String {
        format!("server-deployments/{id}")
    }

    /// What the names of its secrets in the vault begin with.
    pub fn secrets(id: ServerId) -> String {
        format!("servers/{id}/")
    }

    /// Notes what runs there; what could not be found out stays.
    pub fn identified(&mut self, system: &str, version: &str, now: Timestamp) {
        for (field, found) in [(&mut self.system, system), (&mut self.version, version)] {
            if !found.is_empty() {
                found.clone_into(field);
            }
        }
        self.found(ServerStatus::Normal, now);
    }

    /// Notes how it was found.
    pub fn found(&mut self, status: ServerStatus, now: Timestamp) {
        (self.status, self.last_update, self.updated_at) = (status, Some(now), now);
    }
}

/// A page of an owner's servers, newest first, whose name, address or note contain the search.
pub async fn list(store: &dyn Store, owner: UserId, request: &PageRequest) -> Result<Listing<Server>> {
    list::page(store, "by_owner", owner.0.into(), &Server::total(owner), request).await
}
