//! `POST /api/certificates/cleanup` (000 §4.2.8)

use axum::Json;
use axum::extract::State;
use domain::certificates;
use serde::Serialize;
use steward_http::{Answer, App, Caller, ErrorBody};
use utoipa::ToSchema;

/// How many are gone.
#[derive(Serialize, ToSchema)]
pub struct CleanedUp {
    message: &'static str,
    count: u64,
}

/// Deletes the caller's certificates that expired or failed.
#[utoipa::path(post, path = "/api/certificates/cleanup", tag = "certificates",
    responses((status = 200, body = CleanedUp), (status = 401, body = ErrorBody)))]
pub async fn cleanup(State(app): State<App>, caller: Caller) -> Answer<Json<CleanedUp>> {
    let count = certificates::cleanup(&app.ctx, caller.viewer.user).await?;
    Ok(Json(CleanedUp { message: "Expired certificates deleted successfully", count }))
}
