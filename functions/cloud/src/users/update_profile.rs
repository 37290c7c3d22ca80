//! `PUT /api/v1/users/profile`

use axum::Json;
use axum::extract::State;
use domain::Error;
use domain::users::{self, ProfileChange};
use serde::Deserialize;
use steward_http::schema::{EmailAddress, NewPassword};
use steward_http::{Answer, App, Caller, CloudErrorBody, JsonBody};
use utoipa::ToSchema;

use super::Profile;
use crate::envelope::{Envelope, done};

/// What to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileUpdate {
    /// A new address; it has to be verified again.
    #[schema(value_type = Option<EmailAddress>)]
    email: Option<String>,
    /// A new password, at least 8 characters; every session ends, and the API key with them.
    #[schema(value_type = Option<NewPassword>)]
    password: Option<String>,
    /// The password you have.
    #[schema(example = "correct horse battery")]
    current_password: String,
}

/// Changes the caller's own address, password, or both.
#[utoipa::path(put, path = "/api/v1/users/profile", tag = "users", request_body = ProfileUpdate,
    responses((status = 200, body = Envelope<Profile>), (status = 400, body = CloudErrorBody),
        (status = 401, body = CloudErrorBody), (status = 409, body = CloudErrorBody),
        (status = 429, body = CloudErrorBody)))]
pub async fn update_profile(
    State(app): State<App>,
    mut caller: Caller,
    JsonBody(body): JsonBody<ProfileUpdate>,
) -> Answer<Json<Envelope<Profile>>> {
    if body.email.is_none() && body.password.is_none() {
        return Err(Error::invalid("body", "must have an email or a password to change").into());
    }
    let change = ProfileChange {
        email: body.email.as_deref(),
        password: body.password.as_deref(),
        current_password: &body.current_password,
        source: &caller.viewer.source,
    };
    users::change_profile(&app.ctx, &mut caller.user, change).await?;
    let message = if body.password.is_some() { "Profile updated; log in again" } else { "Profile updated" };
    Ok(done(caller.user.value.into(), message))
}
