//! `POST /api/v1/users/register` (004 §2.2)

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::users::{self, NewUser};
use serde::{Deserialize, Serialize};
use steward_http::schema::{EmailAddress, NewPassword, Username};
use steward_http::{Answer, App, CloudErrorBody, JsonBody, MaybeCaller};
use utoipa::ToSchema;

use super::Profile;
use crate::envelope::{Envelope, done};

/// A user to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserRegistration {
    /// 3 to 64 letters, digits, dots, dashes or underscores.
    #[schema(value_type = Username)]
    username: String,
    #[schema(value_type = EmailAddress)]
    email: String,
    /// At least 8 characters.
    #[schema(value_type = NewPassword)]
    password: String,
}

/// The user, with their API key.
#[derive(Serialize, ToSchema)]
pub struct RegisteredUser {
    #[serde(flatten)]
    profile: Profile,
    /// For `X-API-Key`; shown this once.
    api_key: String,
}

/// Makes a user. With closed registration only administrators and distributors may.
#[utoipa::path(post, path = "/api/v1/users/register", tag = "users", request_body = UserRegistration,
    security((), ("token" = [])),
    responses((status = 201, body = Envelope<RegisteredUser>), (status = 400, body = CloudErrorBody),
        (status = 403, body = CloudErrorBody), (status = 409, body = CloudErrorBody)))]
pub async fn register(
    State(app): State<App>,
    MaybeCaller(caller): MaybeCaller,
    JsonBody(body): JsonBody<UserRegistration>,
) -> Answer<(StatusCode, Json<Envelope<RegisteredUser>>)> {
    let new = NewUser { username: &body.username, email: &body.email, password: &body.password };
    let (user, key) = users::register(&app.ctx, new, caller.as_ref().map(|caller| &caller.viewer)).await?;
    let registered = RegisteredUser { profile: user.value.into(), api_key: key.reveal().to_owned() };
    Ok((StatusCode::CREATED, done(registered, "User registered successfully")))
}
