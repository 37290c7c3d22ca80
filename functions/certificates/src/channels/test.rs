//! `POST /api/channels/{id}/test`

use std::path::Path;

use axum::Json;
use axum::extract::State;
use domain::alerts::channels::{self, Channel, Service};
use domain::users::Role;
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody};
use utoipa::ToSchema;

/// What became of the message.
#[derive(Serialize, ToSchema)]
pub struct Tested {
    message: String,
}

/// Sends a message that only says that the channel works, and answers with the outcome: 503 with the other side's
/// words when it was not taken, 409 while a mail address has not confirmed that it wants alerts. Where no mail server is
/// set, it says where the message is instead.
#[utoipa::path(post, path = "/api/channels/{id}/test", tag = "channels", params(("id" = i64, Path)),
    responses((status = 200, body = Tested), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn test(State(app): State<App>, asked: CallerAnd<Channel>) -> Answer<Json<Tested>> {
    let mut channel = asked.row;
    channels::test(&app.ctx, &mut channel).await?;
    let role = asked.caller.viewer.role;
    let message = match channel.value.service {
        Service::Email { .. } => app.ctx.mailer.kept_in().map(|directory| kept(directory, role)),
        Service::Webhook
        | Service::Slack
        | Service::Telegram { .. }
        | Service::Dingtalk
        | Service::Wecom
        | Service::Feishu => None,
    };
    Ok(Json(Tested { message: message.unwrap_or_else(|| "the message was taken".to_owned()) }))
}

/// What is said of a mail that was not sent. Only administrators learn where the operator keeps it.
fn kept(directory: &Path, role: Role) -> String {
    match role {
        Role::Admin => format!(
            "no mail server is set: the message was not sent, but kept in a file in {}; set STEWARD_SMTP_URL",
            directory.display()
        ),
        Role::Distributor | Role::User => "no mail server is set: the message was not sent, but kept in a file where \
                                           Steward runs; ask the operator to set STEWARD_SMTP_URL"
            .to_owned(),
    }
}
