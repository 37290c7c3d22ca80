//! `POST /api/v1/users/regenerate-key` (004 §2.2)

use axum::Json;
use axum::extract::State;
use domain::users;
use serde::Serialize;
use steward_http::{Answer, App, Caller, CloudErrorBody};
use utoipa::ToSchema;

use crate::envelope::{Envelope, done};

/// The new key.
#[derive(Serialize, ToSchema)]
pub struct Regenerated {
    /// For `X-API-Key`; shown this once.
    api_key: String,
}

/// Gives the caller a new API key; the old one is refused from now on.
#[utoipa::path(post, path = "/api/v1/users/regenerate-key", tag = "users",
    responses((status = 200, body = Envelope<Regenerated>), (status = 401, body = CloudErrorBody)))]
pub async fn regenerate_key(State(app): State<App>, mut caller: Caller) -> Answer<Json<Envelope<Regenerated>>> {
    let key = users::regenerate_key(&app.ctx, &mut caller.user).await?;
    Ok(done(Regenerated { api_key: key.reveal().to_owned() }, "API key regenerated successfully"))
}
