//! `POST /api/auth/login` (000 §4.1.1)

use axum::Json;
use axum::extract::State;
use domain::users;
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, ErrorBody, JsonBody, Source};
use utoipa::ToSchema;

/// A login.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthLogin {
    /// Username, or e-mail address.
    #[schema(example = "admin")]
    username: String,
    #[schema(example = "correct horse battery")]
    password: String,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub struct AuthSession {
    /// For `Authorization: Bearer`, good for 24 hours.
    token: String,
    user: LoginUser,
}

/// Who logged in.
#[derive(Serialize, ToSchema)]
pub struct LoginUser {
    id: i64,
    username: String,
    email: String,
    is_admin: bool,
}

/// Logs in. Ten failures lock the name for the caller's address for 15 minutes.
#[utoipa::path(post, path = "/api/auth/login", tag = "auth", request_body = AuthLogin, security(()),
    responses((status = 200, body = AuthSession), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub async fn login(
    State(app): State<App>,
    Source(source): Source,
    JsonBody(body): JsonBody<AuthLogin>,
) -> Answer<Json<AuthSession>> {
    let user = users::login(&app.ctx, &body.username, &body.password, &source).await?.value;
    let token = app.tokens.new_session(&app.ctx, &user).await?;
    let is_admin = user.is_admin();
    let user = LoginUser { id: user.id.0, username: user.username, email: user.email.to_string(), is_admin };
    Ok(Json(AuthSession { token, user }))
}
