//! `GET /api/health`

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// Whether Steward answers.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    status: &'static str,
    /// The version that answers.
    version: &'static str,
}

/// Whether Steward answers.
#[utoipa::path(get, path = "/api/health", tag = "health", responses((status = 200, body = Health)), security(()))]
pub async fn get() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}
