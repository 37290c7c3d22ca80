//! `GET /api/v1/users/profile` (004 §2.2)

use axum::Json;
use steward_http::{Answer, Caller, CloudErrorBody};

use super::Profile;
use crate::envelope::{Envelope, done};

/// The caller.
#[utoipa::path(get, path = "/api/v1/users/profile", tag = "users",
    responses((status = 200, body = Envelope<Profile>), (status = 401, body = CloudErrorBody)))]
pub async fn profile(caller: Caller) -> Answer<Json<Envelope<Profile>>> {
    Ok(done(caller.user.value.into(), "Profile"))
}
