//! `DELETE /api/deployments/{id}`

use axum::Json;
use axum::extract::State;
use domain::deployments::{self, Deployment};
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody};
use utoipa::ToSchema;

/// It is gone.
#[derive(Serialize, ToSchema)]
pub struct DeploymentDeleted {
    message: &'static str,
}

/// Deletes a deployment and the history of its runs. What it put on the server stays there, so that no site breaks.
#[utoipa::path(delete, path = "/api/deployments/{id}", tag = "deployments", params(("id" = i64, Path)),
    responses((status = 200, body = DeploymentDeleted), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn delete(State(app): State<App>, asked: CallerAnd<Deployment>) -> Answer<Json<DeploymentDeleted>> {
    deployments::delete(&app.ctx, &asked.row).await?;
    Ok(Json(DeploymentDeleted { message: "Deployment deleted successfully" }))
}
