//! `GET /api/alerts/settings`

use axum::Json;
use axum::extract::State;
use domain::alerts;
use steward_http::{Answer, App, Caller, ErrorBody};

use super::AlertThresholds;

/// When Steward notifies you before a certificate expires.
#[utoipa::path(get, path = "/api/alerts/settings", tag = "alert settings",
    responses((status = 200, body = AlertThresholds), (status = 401, body = ErrorBody)))]
pub async fn get(State(app): State<App>, caller: Caller) -> Answer<Json<AlertThresholds>> {
    Ok(Json(alerts::thresholds(app.ctx.store.as_ref(), caller.viewer.user).await?.into()))
}
