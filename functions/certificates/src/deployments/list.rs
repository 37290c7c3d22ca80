//! `GET /api/deployments`

use axum::Json;
use axum::extract::State;
use domain::deployments::{self, Filter};
use domain::ids::{CertificateId, ServerId, UserId};
use domain::list::PageRequest;
use serde::{Deserialize, Serialize};
use steward_http::schema::{Page, PerPage};
use steward_http::{Answer, App, Caller, ErrorBody, Params};
use utoipa::{IntoParams, ToSchema};

use super::DeploymentDetail;

/// Which deployments.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Those of this certificate.
    certificate_id: Option<i64>,
    /// Those to this server.
    server_id: Option<i64>,
    /// From 1; 1 unless given.
    #[param(value_type = Option<Page>, inline)]
    page: Option<i64>,
    /// From 1 to 50; 20 unless given.
    #[param(value_type = Option<PerPage>, inline)]
    per_page: Option<i64>,
    /// Filters by owner. Defaults to the caller; other owners need the right to see them.
    user_id: Option<i64>,
}

/// A page of deployments.
#[derive(Serialize, ToSchema)]
pub struct DeploymentList {
    deployments: Vec<DeploymentDetail>,
    /// On all pages.
    total: u64,
    page: u32,
    per_page: u32,
}

/// Deployments, newest first.
#[utoipa::path(get, path = "/api/deployments", tag = "deployments", params(Query),
    responses((status = 200, body = DeploymentList), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Answer<Json<DeploymentList>> {
    let request = PageRequest::new(query.page, query.per_page, None, "per_page")?;
    let owner = query.user_id.map_or(caller.viewer.user, UserId);
    let store = app.ctx.store.as_ref();
    caller.viewer.require(store, owner, "user").await?;
    let filter = Filter { certificate: query.certificate_id.map(CertificateId), server: query.server_id.map(ServerId) };
    let listing = deployments::list(store, owner, filter, &request).await?;
    let deployments = listing.rows.iter().map(DeploymentDetail::new).collect();
    Ok(Json(DeploymentList { deployments, total: listing.total, page: request.page, per_page: request.per_page }))
}
