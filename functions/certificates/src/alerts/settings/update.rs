//! `PUT /api/alerts/settings`

use axum::Json;
use axum::extract::State;
use domain::alerts;
use steward_http::{Answer, App, Caller, ErrorBody, JsonBody};

use super::AlertThresholds;

/// Sets when Steward notifies you before a certificate expires.
#[utoipa::path(put, path = "/api/alerts/settings", tag = "alert settings", request_body = AlertThresholds,
    responses((status = 200, body = AlertThresholds), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody)))]
pub async fn update(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<AlertThresholds>,
) -> Answer<Json<AlertThresholds>> {
    let thresholds = body.try_into()?;
    alerts::set_thresholds(app.ctx.store.as_ref(), caller.viewer.user, thresholds).await?;
    Ok(Json(thresholds.into()))
}
