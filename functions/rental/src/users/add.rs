//! `POST /api/add_user` (003 §1.1)

use axum::Json;
use axum::extract::State;
use domain::users::{NewUser, register};
use serde::{Deserialize, Serialize};
use steward_http::schema::{EmailAddress, NewPassword, Username};
use steward_http::{Answer, App, ErrorBody, JsonBody, MaybeCaller};
use utoipa::ToSchema;

/// A user to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserAddition {
    /// 3 to 64 letters, digits, dots, dashes or underscores.
    #[schema(value_type = Username)]
    username: String,
    /// At least 8 characters.
    #[schema(value_type = NewPassword)]
    password: String,
    #[schema(value_type = EmailAddress)]
    email: String,
}

/// The user.
#[derive(Serialize, ToSchema)]
pub struct UserAdded {
    message: &'static str,
    user_id: i64,
}

/// Makes a user. With closed registration only administrators and distributors may.
#[utoipa::path(post, path = "/api/add_user", tag = "user", request_body = UserAddition, security((), ("token" = [])),
    responses((status = 200, body = UserAdded), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn add_user(
    State(app): State<App>,
    MaybeCaller(caller): MaybeCaller,
    JsonBody(body): JsonBody<UserAddition>,
) -> Answer<Json<UserAdded>> {
    let new = NewUser { username: &body.username, email: &body.email, password: &body.password };
    let (user, _) = register(&app.ctx, new, caller.as_ref().map(|caller| &caller.viewer)).await?;
    Ok(Json(UserAdded { message: "User created successfully", user_id: user.value.id.0 }))
}
