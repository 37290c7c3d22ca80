//! `GET /api/verify_email`: where the link in the verification mail leads

use axum::Json;
use axum::extract::State;
use domain::alerts::channels;
use domain::users;
use steward_http::{Answer, App, ErrorBody, MailProof};

use super::Message;

/// Marks an address as proven: that of a user, or of a channel, which gets alerts from then on.
#[utoipa::path(get, path = "/api/verify_email", tag = "user", security(()),
    params(("token" = String, Query, description = "From the mail.")),
    responses((status = 200, body = Message), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 429, body = ErrorBody)))]
pub async fn verify_email(State(app): State<App>, proof: MailProof) -> Answer<Json<Message>> {
    let message = match proof {
        MailProof::User(user) => {
            users::confirm_email(&app.ctx, *user).await?;
            "Email address verified successfully"
        }
        MailProof::Channel(channel) => {
            channels::confirm(&app.ctx, *channel).await?;
            "Confirmed: alerts may be sent to this address"
        }
    };
    Ok(Json(Message { message }))
}
