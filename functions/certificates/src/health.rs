//! `GET /api/health`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ports::StoreError;
use serde::Serialize;
use steward_http::App;
use utoipa::ToSchema;

/// Whether Steward works.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or `failing`.
    #[schema(example = "ok")]
    status: &'static str,
    /// The version that answers.
    version: &'static str,
    /// What fails; empty while all is well.
    problems: Vec<&'static str>,
}

/// Whether Steward works. 503 when what it knows, or the audit trail, cannot be written: administrators can still log in
/// and make room.
#[utoipa::path(get, path = "/api/health", tag = "health", security(()),
    responses((status = 200, body = Health), (status = 503, body = Health, description = "It works only in part. The problems say why.")))]
pub async fn get(State(app): State<App>) -> (StatusCode, Json<Health>) {
    let mut problems = Vec::new();
    let written = app.ctx.store.probe().await;
    if app.ctx.store.out_of_room().is_some() {
        problems.push("the disk is full: make room on it, or by POST /api/audit/purge");
    } else if matches!(written, Err(StoreError::Failed(_) | StoreError::Unreachable(_))) {
        problems.push("the store cannot be written");
    }
    if !app.trail_is_written() {
        problems.push("the audit trail cannot be written: what is audited is refused");
    }
    let (code, status) =
        if problems.is_empty() { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "failing") };
    if let Err(error) = written {
        tracing::error!(%error, "the store cannot be written");
    }
    (code, Json(Health { status, version: env!("CARGO_PKG_VERSION"), problems }))
}
