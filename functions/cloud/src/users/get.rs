//! `GET /api/v1/users/{id}`

use axum::Json;
use axum::extract::State;
use domain::ids::UserId;
use domain::users;
use steward_http::{Answer, App, Caller, CloudErrorBody, IdPath};

use super::Profile;
use crate::envelope::{Envelope, done};

/// A user: oneself, one that the caller brought, or for administrators anybody.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "users", params(("id" = i64, Path)),
    responses((status = 200, body = Envelope<Profile>), (status = 401, body = CloudErrorBody),
        (status = 404, body = CloudErrorBody)))]
pub async fn get(State(app): State<App>, caller: Caller, IdPath(id): IdPath) -> Answer<Json<Envelope<Profile>>> {
    let user = users::load(app.ctx.store.as_ref(), UserId(id), &caller.viewer).await?;
    Ok(done(user.value.into(), "User"))
}
