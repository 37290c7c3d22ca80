//! `PUT /api/deployments/{id}`

use axum::Json;
use axum::extract::State;
use domain::deployments::{self, Change, Deployment};
use domain::ids::CertificateId;
use serde::Deserialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody, JsonBody, Object};
use utoipa::ToSchema;

use super::{DeploymentDetail, SiteConfig};
use crate::schema::ServerPath;

/// What to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentChange {
    /// The directory on the server. What is at the one before stays there.
    #[schema(value_type = Option<ServerPath>)]
    deploy_path: Option<String>,
    /// What is done beside that; replaces the whole of it.
    #[schema(value_type = Option<SiteConfig>)]
    config: Option<Object<SiteConfig>>,
    certificate_id: Option<i64>,
}

/// Changes what the next run does; refused while a run is at work.
#[utoipa::path(put, path = "/api/deployments/{id}", tag = "deployments", params(("id" = i64, Path)),
    request_body = DeploymentChange,
    responses((status = 200, body = DeploymentDetail), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn update(
    State(app): State<App>,
    asked: CallerAnd<Deployment>,
    JsonBody(body): JsonBody<DeploymentChange>,
) -> Answer<Json<DeploymentDetail>> {
    let mut deployment = asked.row;
    let change = Change {
        deploy_path: body.deploy_path,
        config: body.config.map(|Object(config)| config.read()).transpose()?,
        certificate: body.certificate_id.map(CertificateId),
    };
    deployments::update(&app.ctx, &asked.caller.viewer, &mut deployment, change).await?;
    Ok(Json(DeploymentDetail::new(&deployment.value)))
}
