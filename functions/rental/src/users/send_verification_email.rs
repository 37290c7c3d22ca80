//! `POST /api/send_verification_email` (003 §1.3)

use axum::Json;
use axum::extract::State;
use domain::users;
use serde::Deserialize;
use steward_http::schema::EmailAddress;
use steward_http::{Answer, App, ErrorBody, JsonBody, Source};
use utoipa::ToSchema;

use super::Message;

/// Whom to write to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    #[schema(value_type = EmailAddress)]
    email: String,
}

/// Sends the mail that proves an address. The answer is the same, and as fast, whether or not a user has the address.
/// Where no mail server is set, the message says so.
#[utoipa::path(post, path = "/api/send_verification_email", tag = "user", request_body = Recipient, security(()),
    responses((status = 200, body = Message), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 429, body = ErrorBody)))]
pub async fn send_verification_email(
    State(app): State<App>,
    Source(source): Source,
    JsonBody(body): JsonBody<Recipient>,
) -> Answer<Json<Message>> {
    users::request_verification(&app.ctx, &body.email, &source).await?;
    let message = match app.ctx.mailer.kept_in() {
        None => "Verification email sent successfully",
        Some(_) => {
            "No mail server is set: the verification email is kept in a file where Steward runs, and is not sent; ask \
             the operator to set STEWARD_SMTP_URL"
        }
    };
    Ok(Json(Message { message }))
}
