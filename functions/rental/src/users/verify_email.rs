//! `GET /api/verify_email`: where the link in the verification mail leads

use axum::Json;
use axum::extract::State;
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

/// Marks an address as proven.
#[utoipa::path(get, path = "/api/verify_email", tag = "user", params(Query), security(()),
    responses((status = 200, body = Message), (status = 400, body = ErrorBody)))]
pub async fn verify_email(State(app): State<App>, Params(query): Params<Query>) -> Answer<Json<Message>> {
    users::confirm_email(&app.ctx, &query.token).await?;
    Ok(Json(Message { message: "Email address verified successfully" }))
}
