//! `GET /api/dns-credentials`

use axum::Json;
use axum::extract::State;
use domain::dns_credentials;
use domain::ids::UserId;
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, Caller, ErrorBody, Params};
use utoipa::{IntoParams, ToSchema};

use super::DnsCredentialDetail;

/// Whose.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Filters by owner. Defaults to the caller; other owners need the right to see them.
    user_id: Option<i64>,
}

/// Every credential of a user.
#[derive(Serialize, ToSchema)]
pub struct DnsCredentialList {
    dns_credentials: Vec<DnsCredentialDetail>,
    total: usize,
}

/// Credentials at DNS providers, newest first, without their secrets.
#[utoipa::path(get, path = "/api/dns-credentials", tag = "dns-credentials", params(Query),
    responses((status = 200, body = DnsCredentialList), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Answer<Json<DnsCredentialList>> {
    let store = app.ctx.store.as_ref();
    let owner = query.user_id.map_or(caller.viewer.user, UserId);
    caller.viewer.require(store, owner, "user").await?;
    let rows = dns_credentials::list(store, owner).await?;
    let dns_credentials: Vec<DnsCredentialDetail> = rows.into_iter().map(Into::into).collect();
    Ok(Json(DnsCredentialList { total: dns_credentials.len(), dns_credentials }))
}
