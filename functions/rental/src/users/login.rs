//! `POST /api/login` (003 §1.2)

use axum::Json;
use axum::extract::State;
use domain::users;
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, ErrorBody, JsonBody, Source};
use utoipa::ToSchema;

/// A login.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RentalLogin {
    /// Username, or e-mail address.
    #[schema(example = "admin")]
    username: String,
    #[schema(example = "correct horse battery")]
    password: String,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub struct RentalSession {
    message: &'static str,
    /// For `Authorization: Bearer`, good for 24 hours.
    token: String,
}

/// Logs in.
#[utoipa::path(post, path = "/api/login", tag = "user", request_body = RentalLogin, security(()),
    responses((status = 200, body = RentalSession), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub async fn login(
    State(app): State<App>,
    Source(source): Source,
    JsonBody(body): JsonBody<RentalLogin>,
) -> Answer<Json<RentalSession>> {
    let user = users::login(&app.ctx, &body.username, &body.password, &source).await?;
    let token = app.tokens.new_session(&app.ctx, &user.value).await?;
    Ok(Json(RentalSession { message: "Login successful", token }))
}
