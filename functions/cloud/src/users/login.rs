//! `POST /api/v1/users/login` (004 §2.2)

use axum::Json;
use axum::extract::State;
use domain::users;
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, CloudErrorBody, JsonBody, Source};
use utoipa::ToSchema;

use super::Profile;
use crate::envelope::{Envelope, done};

/// A login.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloudLogin {
    /// Username, or e-mail address.
    #[schema(example = "admin")]
    username: String,
    #[schema(example = "correct horse battery")]
    password: String,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub struct CloudSession {
    /// For `Authorization: Bearer`, good for 24 hours.
    token: String,
    user: Profile,
}

/// Logs in.
#[utoipa::path(post, path = "/api/v1/users/login", tag = "users", request_body = CloudLogin, security(()),
    responses((status = 200, body = Envelope<CloudSession>), (status = 401, body = CloudErrorBody),
        (status = 429, body = CloudErrorBody)))]
pub async fn login(
    State(app): State<App>,
    Source(source): Source,
    JsonBody(body): JsonBody<CloudLogin>,
) -> Answer<Json<Envelope<CloudSession>>> {
    let user = users::login(&app.ctx, &body.username, &body.password, &source).await?.value;
    let token = app.tokens.new_session(&app.ctx, &user).await?;
    Ok(done(CloudSession { token, user: user.into() }, "Login successful"))
}
