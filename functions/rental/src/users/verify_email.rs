//! `GET /api/verify_email`: where the link in the verification mail leads

use axum::Json;
use axum::extract::State;
use domain::users;
use steward_http::{Answer, App, EmailProof, ErrorBody};

use super::Message;

/// Marks an address as proven.
#[utoipa::path(get, path = "/api/verify_email", tag = "user", security(()),
    params(("token" = String, Query, description = "From the mail.")),
    responses((status = 200, body = Message), (status = 400, body = ErrorBody)))]
pub async fn verify_email(State(app): State<App>, proof: EmailProof) -> Answer<Json<Message>> {
    users::confirm_email(&app.ctx, proof.user, &proof.address).await?;
    Ok(Json(Message { message: "Email address verified successfully" }))
}
