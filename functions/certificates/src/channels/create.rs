//! `POST /api/channels`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::alerts::channels::{self, Given, NewChannel};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, Caller, ErrorBody, JsonBody};
use utoipa::ToSchema;

use super::{ChannelDetail, Chat};
use crate::schema::{AlertLevel, ChannelAddress, ChannelKind, ChannelName, ChannelSecret, ChatId};

/// Where to be told of alerts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "the night shift", "kind": "email", "address": "anna@example.com"}))]
pub struct NewChannelBody {
    /// What you call it.
    #[schema(value_type = ChannelName)]
    name: String,
    /// `email`, `webhook`, `slack`, `telegram`, `dingtalk`, `wecom` or `feishu`.
    #[schema(value_type = ChannelKind)]
    kind: String,
    /// `info` (unless given), `warning` or `critical`: alerts below it are not told there.
    #[schema(value_type = Option<AlertLevel>)]
    min_level: Option<String>,
    /// For `email`: to whom.
    #[schema(value_type = Option<ChannelAddress>)]
    address: Option<String>,
    /// For `webhook`, `slack`, `dingtalk`, `wecom` and `feishu`: the URL that the provider shows, or that of a gateway
    /// of your own. By http only into networks in STEWARD_ALLOW_TARGETS.
    #[schema(value_type = Option<ChannelSecret>)]
    url: Option<SecretString>,
    /// For `webhook`: the key of the signature, made up unless given. For `dingtalk` and `feishu`: the key of the
    /// robot's signature check, where it has one.
    #[schema(value_type = Option<ChannelSecret>)]
    secret: Option<SecretString>,
    /// For `telegram`: the bot's token.
    #[schema(value_type = Option<ChannelSecret>)]
    token: Option<SecretString>,
    /// For `telegram`: the chat's number, or its `@name`.
    #[schema(value_type = Option<ChatId>)]
    chat_id: Option<Chat>,
    /// For `telegram`: a Bot API server of your own.
    #[schema(value_type = Option<ChannelSecret>)]
    base_url: Option<String>,
}

/// A new channel.
#[derive(Serialize, ToSchema)]
pub struct MadeChannel {
    #[serde(flatten)]
    channel: ChannelDetail,
    /// The key of a webhook's signature, where it was made here. Shown this once.
    secret: Option<String>,
}

/// Makes a channel. Test it with `POST /api/channels/{id}/test`.
///
/// A webhook gets `POST`s of JSON: `{"id", "sent_at", "title", "text", "alerts": [{"id", "event", "level", "kind",
/// "subject_type", "subject_id", "name", "text", "since", "url"}]}`, and has to answer 2xx within 10 seconds. `event` is
/// `began`, `raised`, `recovered` or `happened`. The header `steward-signature` is `sha256=` and the hex of HMAC-SHA256,
/// with the secret, over the header `steward-timestamp` (seconds since 1970), a dot, and the body. `steward-id` is the
/// same when a message is sent again.
#[utoipa::path(post, path = "/api/channels", tag = "channels", request_body = NewChannelBody,
    responses((status = 201, body = MadeChannel), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<NewChannelBody>,
) -> Answer<(StatusCode, Json<MadeChannel>)> {
    let NewChannelBody { name, kind, min_level, address, url, secret, token, chat_id: chat, base_url } = body;
    let given = Given { address, url, secret, token, chat: chat.map(Chat::text), base_url };
    let made = channels::create(&app.ctx, caller.viewer.user, NewChannel { name, kind, given, min_level }).await?;
    let secret = made.secret.map(|secret| secret.expose_secret().to_owned());
    Ok((StatusCode::CREATED, Json(MadeChannel { channel: ChannelDetail::new(made.channel.value), secret })))
}
