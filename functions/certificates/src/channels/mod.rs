//! Channels: where alerts are told.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod test;
pub mod update;

use domain::alerts::channels::Channel;
use serde::{Deserialize, Serialize};
use steward_http::Time;
use utoipa::ToSchema;

use crate::schema::{AlertLevel, ChannelKind, ChannelName, ChannelState};

/// The id of a Telegram chat, as a number or as text, or the `@name` of a channel.
#[derive(Deserialize)]
#[serde(untagged, expecting = "must be the id of a chat such as -1001234567890, or the @name of a channel")]
pub enum Chat {
    /// The id.
    Number(i64),
    /// The id, or the name.
    Text(String),
}

impl Chat {
    fn text(self) -> String {
        match self {
            Self::Number(id) => id.to_string(),
            Self::Text(text) => text,
        }
    }
}

/// A channel. Its URL, token and secret are never shown.
#[derive(Serialize, ToSchema)]
pub struct ChannelDetail {
    id: i64,
    #[schema(value_type = ChannelName)]
    name: String,
    /// `email`, `webhook`, `slack`, `telegram`, `dingtalk`, `wecom` or `feishu`.
    #[schema(value_type = ChannelKind)]
    kind: &'static str,
    /// The mail address, or the host.
    target: String,
    /// `info`, `warning` or `critical`: alerts below it are not told there.
    #[schema(value_type = AlertLevel)]
    min_level: &'static str,
    enabled: bool,
    /// Whether alerts may be sent there. A mail address has to confirm first, by the link in the one mail it gets; your
    /// own that you have verified has.
    confirmed: bool,
    /// `ok`, `sending`, `held` (many alerts at once: they go out as one message), or `failing`.
    #[schema(value_type = ChannelState)]
    state: &'static str,
    /// How many alerts wait to be sent.
    waiting: u32,
    /// Since when nothing gets through.
    failing_since: Option<Time>,
    /// Why not.
    last_error: Option<String>,
    /// When something last got through.
    delivered_at: Option<Time>,
    /// How many alerts were given up.
    lost: u64,
    created_at: Time,
    updated_at: Time,
}

impl ChannelDetail {
    fn new(channel: Channel) -> Self {
        let confirmed = channel.is_confirmed();
        let delivery = channel.delivery;
        let state = match () {
            () if delivery.failing_since.is_some() => "failing",
            () if delivery.holding => "held",
            () if delivery.waiting > 0 => "sending",
            () => "ok",
        };
        Self {
            id: channel.id.0,
            name: channel.name,
            kind: channel.service.as_str(),
            target: channel.target,
            min_level: channel.min_level.as_str(),
            enabled: channel.enabled,
            confirmed,
            state,
            waiting: delivery.waiting,
            failing_since: delivery.failing_since.map(Into::into),
            last_error: delivery.last_error,
            delivered_at: delivery.delivered_at.map(Into::into),
            lost: delivery.lost,
            created_at: channel.created_at.into(),
            updated_at: channel.updated_at.into(),
        }
    }
}
