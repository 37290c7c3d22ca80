//! `DELETE /api/delegation`

use axum::Json;
use axum::extract::State;
use domain::delegation;
use serde::Serialize;
use steward_http::{Answer, App, Caller, ErrorBody};
use utoipa::ToSchema;

/// It is gone.
#[derive(Serialize, ToSchema)]
pub struct DelegationDeleted {
    message: &'static str,
}

/// Takes the delegation zone back: names that point there are answered for no more. For administrators.
#[utoipa::path(delete, path = "/api/delegation", tag = "delegation",
    responses((status = 200, body = DelegationDeleted), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete(State(app): State<App>, caller: Caller) -> Answer<Json<DelegationDeleted>> {
    delegation::unset(&app.ctx, &caller.viewer).await?;
    Ok(Json(DelegationDeleted { message: "there is no delegation zone any more" }))
}
