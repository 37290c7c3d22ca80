//! `POST /api/channels/{id}/test`

use axum::Json;
use axum::extract::State;
use domain::alerts::channels::{self, Channel, Service};
use domain::ports::Mailer;
use domain::users::Role;
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody};
use utoipa::ToSchema;

/// What became of the message.
#[derive(Serialize, ToSchema)]
pub struct Tested {
    message: String,
}

/// Sends a message that only says that the channel works, and answers what became of it: 503 with the other side's
/// words when it was not taken. Where no mail server is set, it says where the message is instead.
#[utoipa::path(post, path = "/api/channels/{id}/test", tag = "channels", params(("id" = i64, Path)),
    responses((status = 200, body = Tested), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn test(State(app): State<App>, asked: CallerAnd<Channel>) -> Answer<Json<Tested>> {
    let mut channel = asked.row;
    channels::test(&app.ctx, &mut channel).await?;
    let role = asked.caller.viewer.role;
    let message = match channel.value.service {
        Service::Email { .. } => of_mail(app.ctx.mailer.as_ref(), role),
        Service::Webhook
        | Service::Slack
        | Service::Telegram { .. }
        | Service::Dingtalk
        | Service::Wecom
        | Service::Feishu => None,
    };
    Ok(Json(Tested { message: message.unwrap_or_else(|| "the message was taken".to_owned()) }))
}

/// What became of a mail that was not sent. Only administrators learn where the operator keeps it.
fn of_mail(mailer: &dyn Mailer, role: Role) -> Option<String> {
    let directory = mailer.kept_in()?;
    Some(match role {
        Role::Admin => format!(
            "no mail server is set: the message is in {}, and was not sent; set STEWARD_SMTP_URL",
            directory.display()
        ),
        Role::Distributor | Role::User => {
            "no mail server is set: the message is in a file where Steward runs, and was \
             not sent; ask the operator to set STEWARD_SMTP_URL"
                .to_owned()
        }
    })
}
