//! `PUT /api/v1/users/{id}`

use axum::Json;
use axum::extract::State;
use domain::Error;
use domain::ids::UserId;
use domain::users::{self, Change, Role};
use serde::Deserialize;
use steward_http::schema::UserRole;
use steward_http::{Answer, App, Caller, CloudErrorBody, IdPath, JsonBody, Object};
use utoipa::ToSchema;

use super::{Profile, QuotaBody};
use crate::envelope::{Envelope, done};

/// What to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// `admin`, `distributor` or `user`.
    #[schema(value_type = Option<UserRole>)]
    role: Option<String>,
    #[schema(value_type = Option<QuotaBody>)]
    quota: Option<Object<QuotaBody>>,
}

/// Changes a user's role or quota; for administrators.
#[utoipa::path(put, path = "/api/v1/users/{id}", tag = "users", params(("id" = i64, Path)), request_body = Update,
    responses((status = 200, body = Envelope<Profile>), (status = 400, body = CloudErrorBody),
        (status = 401, body = CloudErrorBody), (status = 403, body = CloudErrorBody),
        (status = 404, body = CloudErrorBody), (status = 409, body = CloudErrorBody)))]
pub async fn update(
    State(app): State<App>,
    caller: Caller,
    IdPath(id): IdPath,
    JsonBody(body): JsonBody<Update>,
) -> Answer<Json<Envelope<Profile>>> {
    caller.viewer.require_admin()?;
    if body.role.is_none() && body.quota.is_none() {
        return Err(Error::invalid("body", "must have a role or a quota").into());
    }
    let role = body.role.map(|role| Role::parse("role", &role)).transpose()?;
    let mut user = users::load(app.ctx.store.as_ref(), UserId(id), &caller.viewer).await?;
    let change = Change { role, quota: body.quota.map(|Object(quota)| quota.into()) };
    users::change(&app.ctx, &caller.user, &mut user, change).await?;
    Ok(done(user.value.into(), "User updated successfully"))
}
