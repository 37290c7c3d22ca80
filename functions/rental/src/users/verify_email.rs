//! `GET /api/verify_email`: where the link in the verification mail leads

use axum::Json;
use axum::extract::State;
use domain::alerts::channels;
use domain::users;
use serde::Deserialize;
use steward_http::{Answer, App, ErrorBody, Params};
use utoipa::IntoParams;

use super::Message;

/// The proof.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// From the mail.
    token: String,
}

/// Marks an address as proven: that of a user, or of a channel, which gets alerts from then on.
#[utoipa::path(get, path = "/api/verify_email", tag = "user", params(Query), security(()),
    responses((status = 200, body = Message), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn verify_email(State(app): State<App>, Params(query): Params<Query>) -> Answer<Json<Message>> {
    if query.token.starts_with(channels::TOKEN) {
        channels::confirm(&app.ctx, &query.token).await?;
        return Ok(Json(Message { message: "Confirmed: alerts may be sent to this address" }));
    }
    users::confirm_email(&app.ctx, &query.token).await?;
    Ok(Json(Message { message: "Email address verified successfully" }))
}
