//! `PUT /api/channels/{id}`

use axum::Json;
use axum::extract::State;
use domain::alerts::channels::{self, Channel, ChannelChange, Given};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, CallerAnd, ErrorBody, JsonBody};
use utoipa::ToSchema;

use super::{ChannelDetail, Chat};
use crate::schema::{AlertLevel, ChannelAddress, ChannelName, ChannelSecret, ChatId};

/// What to change; what is left out stays. To change where it leads, give all that its kind needs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelChangeBody {
    #[schema(value_type = Option<ChannelName>)]
    name: Option<String>,
    /// `info`, `warning` or `critical`.
    #[schema(value_type = Option<AlertLevel>)]
    min_level: Option<String>,
    /// Whether anything is told there; what waits when it is switched off is dropped.
    enabled: Option<bool>,
    /// As in `POST /api/channels`.
    #[schema(value_type = Option<ChannelAddress>)]
    address: Option<String>,
    /// As in `POST /api/channels`.
    #[schema(value_type = Option<ChannelSecret>)]
    url: Option<SecretString>,
    /// As in `POST /api/channels`.
    #[schema(value_type = Option<ChannelSecret>)]
    secret: Option<SecretString>,
    /// As in `POST /api/channels`.
    #[schema(value_type = Option<ChannelSecret>)]
    token: Option<SecretString>,
    /// As in `POST /api/channels`.
    #[schema(value_type = Option<ChatId>)]
    chat_id: Option<Chat>,
    /// As in `POST /api/channels`.
    #[schema(value_type = Option<ChannelSecret>)]
    base_url: Option<String>,
}

/// The channel as it is now.
#[derive(Serialize, ToSchema)]
pub struct ChangedChannel {
    #[serde(flatten)]
    channel: ChannelDetail,
    /// The key of a webhook's signature, where a new one was made. Shown this once.
    secret: Option<String>,
}

/// Changes a channel.
#[utoipa::path(put, path = "/api/channels/{id}", tag = "channels", params(("id" = i64, Path)),
    request_body = ChannelChangeBody,
    responses((status = 200, body = ChangedChannel), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn update(
    State(app): State<App>,
    asked: CallerAnd<Channel>,
    JsonBody(body): JsonBody<ChannelChangeBody>,
) -> Answer<Json<ChangedChannel>> {
    let ChannelChangeBody { name, min_level, enabled, address, url, secret, token, chat_id: chat, base_url } = body;
    let given = Given { address, url, secret, token, chat: chat.map(Chat::text), base_url };
    let mut channel = asked.row;
    let change = ChannelChange { name, min_level, enabled, given };
    let secret = channels::update(&app.ctx, &mut channel, change).await?;
    let secret = secret.map(|secret| secret.expose_secret().to_owned());
    Ok(Json(ChangedChannel { channel: ChannelDetail::new(channel.value), secret }))
}
