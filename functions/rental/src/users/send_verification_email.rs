//! `POST /api/send_verification_email` (003 §1.3)

use axum::Json;
use axum::extract::State;
use domain::users;
use serde::Deserialize;
use steward_http::schema::EmailAddress;
use steward_http::{Answer, App, ErrorBody, JsonBody};
use utoipa::ToSchema;

use super::Message;

/// Whom to write to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    #[schema(value_type = EmailAddress)]
    email: String,
}

/// Sends the mail that proves an address. The answer is the same whether or not a user has it.
#[utoipa::path(post, path = "/api/send_verification_email", tag = "user", request_body = Recipient, security(()),
    responses((status = 200, body = Message), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody), (status = 429, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub async fn send_verification_email(
    State(app): State<App>,
    JsonBody(body): JsonBody<Recipient>,
) -> Answer<Json<Message>> {
    let ctx = &app.ctx;
    let link = async |user: &users::User| {
        let token = app.tokens.new_email_proof(ctx, user).await?;
        Ok(format!("{}/api/verify_email?token={token}", ctx.settings.public_url))
    };
    users::send_verification(ctx, &body.email, link).await?;
    Ok(Json(Message { message: "Verification email sent successfully" }))
}
