//! Channels: where alerts are told.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod test;
pub mod update;

use domain::alerts::channels::Channel;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A channel. Its URL, token and secret are never shown.
#[derive(Serialize, ToSchema)]
pub struct ChannelDetail {
    id: i64,
    name: String,
    /// `email`, `webhook`, `slack`, `telegram`, `dingtalk`, `wecom` or `feishu`.
    kind: &'static str,
    /// The mail address, or the host.
    target: String,
    /// `info`, `warning` or `critical`: alerts below it are not told there.
    min_level: &'static str,
    enabled: bool,
    /// Whether alerts may be sent there. A mail address has to confirm first, by the link in the one mail it gets; your
    /// own that you have verified has.
    confirmed: bool,
    /// `ok`, `sending`, `held` (many alerts at once: they go out as one message), or `failing`.
    state: &'static str,
    /// How many alerts wait to be sent.
    waiting: u32,
    /// Since when nothing gets through.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// Why not.
    last_error: Option<String>,
    /// When something last got through.
    #[schema(value_type = Option<String>, format = DateTime)]
    delivered_at: Option<Timestamp>,
    /// How many alerts were given up.
    lost: u64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
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
            failing_since: delivery.failing_since,
            last_error: delivery.last_error,
            delivered_at: delivery.delivered_at,
            lost: delivery.lost,
            created_at: channel.created_at,
            updated_at: channel.updated_at,
        }
    }
}
