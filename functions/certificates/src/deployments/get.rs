//! `GET /api/deployments/{id}`

use axum::Json;
use domain::deployments::Deployment;
use steward_http::{Answer, CallerAnd, ErrorBody};

use super::DeploymentDetail;

/// A deployment.
#[utoipa::path(get, path = "/api/deployments/{id}", tag = "deployments", params(("id" = i64, Path)),
    responses((status = 200, body = DeploymentDetail), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get(asked: CallerAnd<Deployment>) -> Answer<Json<DeploymentDetail>> {
    Ok(Json(DeploymentDetail::new(&asked.row.value)))
}
