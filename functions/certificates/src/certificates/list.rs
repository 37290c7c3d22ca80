//! `GET /api/certificates` (000 §4.2.1)

use axum::Json;
use axum::extract::State;
use domain::certificates;
use domain::ids::UserId;
use domain::list::PageRequest;
use serde::{Deserialize, Serialize};
use steward_http::schema::{Page, PerPage, Search};
use steward_http::{Answer, App, Caller, ErrorBody, Params};
use utoipa::{IntoParams, ToSchema};

use super::Summary;

/// Which certificates.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Only those with this in a name or in the note.
    #[param(value_type = Option<Search>, inline)]
    search: Option<String>,
    /// From 1; 1 unless given.
    #[param(value_type = Option<Page>, inline)]
    page: Option<i64>,
    /// From 1 to 50; 20 unless given.
    #[param(value_type = Option<PerPage>, inline)]
    per_page: Option<i64>,
    /// Filters by owner. Defaults to the caller; other owners need the right to see them.
    user_id: Option<i64>,
}

/// A page of certificates.
#[derive(Serialize, ToSchema)]
pub struct CertificateList {
    certificates: Vec<Summary>,
    /// On all pages.
    total: u64,
    page: u32,
    per_page: u32,
}

/// Certificates, newest first.
#[utoipa::path(get, path = "/api/certificates", tag = "certificates", params(Query),
    responses((status = 200, body = CertificateList), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Answer<Json<CertificateList>> {
    let request = PageRequest::new(query.page, query.per_page, query.search, "per_page")?;
    let owner = query.user_id.map_or(caller.viewer.user, UserId);
    let store = app.ctx.store.as_ref();
    caller.viewer.require(store, owner, "user").await?;
    let listing = certificates::list(store, owner, &request).await?;
    let now = app.ctx.clock.now();
    let certificates = listing.rows.iter().map(|certificate| Summary::new(certificate, now)).collect();
    Ok(Json(CertificateList { certificates, total: listing.total, page: request.page, per_page: request.per_page }))
}
