//! `POST /api/v1/users/{id}/reactivate`

use axum::Json;
use axum::extract::State;
use domain::ids::UserId;
use domain::users;
use steward_http::{Answer, App, Caller, CloudErrorBody, IdPath};

use super::Profile;
use crate::envelope::{Envelope, done};

/// Lets a suspended user in again; sessions and the API key from before stay ended. For administrators.
#[utoipa::path(post, path = "/api/v1/users/{id}/reactivate", tag = "users", params(("id" = i64, Path)),
    responses((status = 200, body = Envelope<Profile>), (status = 401, body = CloudErrorBody),
        (status = 403, body = CloudErrorBody), (status = 404, body = CloudErrorBody),
        (status = 409, body = CloudErrorBody)))]
pub async fn reactivate(State(app): State<App>, caller: Caller, IdPath(id): IdPath) -> Answer<Json<Envelope<Profile>>> {
    caller.viewer.require_admin()?;
    let mut user = users::load(app.ctx.store.as_ref(), UserId(id), &caller.viewer).await?;
    users::reactivate(&app.ctx, &caller.user, &mut user).await?;
    Ok(done(user.value.into(), "User reactivated successfully"))
}
