//! Channels: where an owner gets alerts.

mod address;
mod confirm;
mod create;
mod delete;
mod test;
mod update;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use address::{Given, LONGEST};
pub use confirm::{Confirmation, TOKEN, ask, by_token, confirm};
pub use create::{Made, NAME_MAX, NewChannel, create};
pub use delete::delete;
pub use test::test;
pub use update::{ChannelChange, update};

pub(super) use address::open;

use super::Level;
use crate::Result;
use crate::entity::{self, Entity, Stored};
use crate::ids::{ChannelId, OperationId, UserId};
use crate::names::Email;
use crate::ports::{Attribute, Index, Key, Projection, Query, SecretName, Store, Table};
use crate::users::Owned;

/// Channels, by owner.
pub static CHANNELS: Table = Table {
    name: "channels",
    partition: Attribute::number("id"),
    sort: None,
    indexes: &[Index {
        name: "by_owner",
        partition: Attribute::number("owner"),
        sort: Attribute::number("id"),
        projection: Projection::All,
    }],
    ttl: None,
};

/// What carries the messages of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Service {
    /// The mail server of Steward.
    Email {
        /// To whom.
        address: Email,
    },
    /// JSON to a program of the owner's, signed.
    Webhook,
    /// Slack.
    Slack,
    /// Telegram.
    Telegram {
        /// Where the Bot API is.
        base: String,
        /// The chat's number, or its `@name`.
        chat: String,
    },
    /// DingTalk.
    Dingtalk,
    /// WeCom.
    Wecom,
    /// Feishu.
    Feishu,
}

impl Service {
    /// The API's word for each.
    pub const WORDS: [&'static str; 7] = ["email", "webhook", "slack", "telegram", "dingtalk", "wecom", "feishu"];

    /// The API's word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Email { .. } => "email",
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Telegram { .. } => "telegram",
            Self::Dingtalk => "dingtalk",
            Self::Wecom => "wecom",
            Self::Feishu => "feishu",
        }
    }
}

/// Messages that go out as one, or went out and were not recorded: they go out the same again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// What the receiver knows it by.
    pub id: String,
    /// The messages in it.
    pub messages: Vec<i64>,
}

/// How a channel does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// What sends its messages, while there are any.
    pub operation: Option<OperationId>,
    /// How many wait.
    pub waiting: u32,
    /// What is being sent.
    pub batch: Option<Batch>,
    /// When the last ones were sent.
    pub recent: Vec<Timestamp>,
    /// Whether messages are held back, to be sent as one.
    pub holding: bool,
    /// How many attempts to send the batch failed.
    pub attempts: u32,
    /// Since when nothing gets through.
    pub failing_since: Option<Timestamp>,
    /// Why not.
    pub last_error: Option<String>,
    /// When something last got through.
    pub delivered_at: Option<Timestamp>,
    /// How many messages were given up.
    pub lost: u64,
}

/// Where an owner gets alerts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Whose it is.
    pub owner: UserId,
    /// What its owner calls it.
    pub name: String,
    /// What carries its messages.
    #[serde(flatten)]
    pub service: Service,
    /// Where to, as far as that may be shown: an address, or a host.
    pub target: String,
    /// Alerts below this level are not told here.
    pub min_level: Level,
    /// Whether anything is told here.
    pub enabled: bool,
    /// Whether whoever reads mail at the address agreed; channels from before it was asked count as confirmed.
    #[serde(default = "from_before")]
    pub confirmed: bool,
    /// The mail that asked.
    #[serde(default)]
    pub confirmation: Option<Confirmation>,
    /// How it does.
    pub delivery: Delivery,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its owner last changed it.
    pub updated_at: Timestamp,
}

fn from_before() -> bool {
    true
}

impl Entity for Channel {
    const TABLE: &'static Table = &CHANNELS;
    const NAME: &'static str = "channel";

    fn key(&self) -> Key {
        Key::of(self.id.0)
    }
}

impl Owned for Channel {
    fn owner(&self) -> UserId {
        self.owner
    }
}

impl Channel {
    /// The most channels an owner has: each crossing is told to all of them.
    pub const MOST: i64 = 20;

    /// The name of its URL, token and secret in the vault.
    pub fn secret(id: ChannelId) -> SecretName {
        SecretName(format!("channels/{id}"))
    }

    /// The counter of an owner's channels.
    pub fn total(owner: UserId) -> String {
        format!("channels/{owner}")
    }
}

/// Every channel of an owner, oldest first. They are few: one call reads them.
pub async fn of_owner(store: &dyn Store, owner: UserId) -> Result<Vec<Stored<Channel>>> {
    let mut query = Query::of(&CHANNELS, owner.0);
    query.index = Some("by_owner");
    entity::every(store, query).await
}
