//! `DELETE /api/monitors/{id}` (000 §4.4.5)

use axum::Json;
use axum::extract::State;
use domain::monitors::{self, Monitor};
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody};
use utoipa::ToSchema;

/// It is gone.
#[derive(Serialize, ToSchema)]
pub struct MonitorDeleted {
    message: &'static str,
}

/// Deletes a monitor. Its history ends with it.
#[utoipa::path(delete, path = "/api/monitors/{id}", tag = "monitors", params(("id" = i64, Path)),
    responses((status = 200, body = MonitorDeleted), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete(State(app): State<App>, asked: CallerAnd<Monitor>) -> Answer<Json<MonitorDeleted>> {
    let mut monitor = asked.row;
    monitors::delete(&app.ctx, &mut monitor).await?;
    Ok(Json(MonitorDeleted { message: "Monitor deleted successfully" }))
}
