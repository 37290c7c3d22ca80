//! `POST /api/deployments`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::deployments::{self, NewDeployment};
use domain::ids::{CertificateId, ServerId};
use domain::ports::Key;
use serde::Deserialize;
use steward_http::{Answer, App, Claim, ErrorBody, JsonBody, Object};
use utoipa::ToSchema;

use super::{DeploymentDetail, SiteConfig};
use crate::schema::ServerPath;

/// What to deploy where.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentToAdd {
    certificate_id: i64,
    server_id: i64,
    /// The directory on the server that gets `fullchain.pem` and `privkey.pem`; the server's configuration names those.
    #[schema(value_type = ServerPath)]
    deploy_path: String,
    /// What is done beside that.
    #[schema(value_type = Option<SiteConfig>)]
    config: Option<Object<SiteConfig>>,
}

/// Adds a deployment. `POST /api/deployments/{id}/run` brings the certificate there; where the server has `auto_deploy`,
/// each renewal does.
#[utoipa::path(post, path = "/api/deployments", tag = "deployments", request_body = DeploymentToAdd,
    responses((status = 201, body = DeploymentDetail), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    claim: Claim,
    JsonBody(body): JsonBody<DeploymentToAdd>,
) -> Answer<(StatusCode, Json<DeploymentDetail>)> {
    let new = NewDeployment {
        certificate: CertificateId(body.certificate_id),
        server: ServerId(body.server_id),
        deploy_path: body.deploy_path,
        config: body.config.map(|Object(config)| config.read()).transpose()?.unwrap_or_default(),
    };
    let keys = (Key::of(new.certificate.0), Key::of(new.server.0));
    let (viewer, certificate, server) = claim.with_two(&app, keys).await?;
    let deployment = deployments::create(&app.ctx, &viewer, (certificate, server), new).await?;
    Ok((StatusCode::CREATED, Json(DeploymentDetail::new(&deployment.value))))
}
