//! `DELETE /api/v1/users/{id}`

use axum::Json;
use axum::extract::State;
use domain::ids::UserId;
use domain::users;
use steward_http::{Answer, App, Caller, CloudErrorBody, IdPath};

use super::Profile;
use crate::envelope::{Envelope, done};

/// Deletes a user for good. Their names become free; what they had stays, for administrators.
#[utoipa::path(delete, path = "/api/v1/users/{id}", tag = "users", params(("id" = i64, Path)),
    responses((status = 200, body = Envelope<Profile>), (status = 401, body = CloudErrorBody),
        (status = 403, body = CloudErrorBody), (status = 404, body = CloudErrorBody),
        (status = 409, body = CloudErrorBody)))]
pub async fn delete(State(app): State<App>, caller: Caller, IdPath(id): IdPath) -> Answer<Json<Envelope<Profile>>> {
    caller.viewer.require_admin()?;
    let mut user = users::load(app.ctx.store.as_ref(), UserId(id), &caller.viewer).await?;
    users::delete(&app.ctx, &caller.user, &mut user).await?;
    Ok(done(user.value.into(), "User deleted successfully"))
}
