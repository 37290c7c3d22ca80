//! `GET /api/servers` (000 §4.3.1)

use axum::Json;
use axum::extract::State;
use domain::ids::UserId;
use domain::list::{PER_PAGE_MAX, PageRequest};
use domain::servers;
use serde::{Deserialize, Serialize};
use steward_http::schema::{Page, PerPage, Search};
use steward_http::{Answer, App, Caller, ErrorBody, Params};
use utoipa::{IntoParams, ToSchema};

use super::ServerSummary;

/// Which servers.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Only those with this in the name, the address or the note.
    #[param(value_type = Option<Search>, inline)]
    search: Option<String>,
    /// From 1; 1 unless given.
    #[param(value_type = Option<Page>, inline)]
    page: Option<i64>,
    /// From 1 to 50; 50 unless given.
    #[param(value_type = Option<PerPage>, inline)]
    per_page: Option<i64>,
    /// Filters by owner. Defaults to the caller; other owners need the right to see them.
    user_id: Option<i64>,
}

/// A page of servers.
#[derive(Serialize, ToSchema)]
pub struct ServerList {
    servers: Vec<ServerSummary>,
    /// On all pages.
    total: u64,
    page: u32,
    per_page: u32,
}

/// Servers, newest first.
#[utoipa::path(get, path = "/api/servers", tag = "servers", params(Query),
    responses((status = 200, body = ServerList), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub async fn list(State(app): State<App>, caller: Caller, Params(query): Params<Query>) -> Answer<Json<ServerList>> {
    let per_page = query.per_page.or(Some(PER_PAGE_MAX.into()));
    let request = PageRequest::new(query.page, per_page, query.search, "per_page")?;
    let owner = query.user_id.map_or(caller.viewer.user, UserId);
    let store = app.ctx.store.as_ref();
    caller.viewer.require(store, owner, "user").await?;
    let listing = servers::list(store, owner, &request).await?;
    let servers = listing.rows.iter().map(ServerSummary::new).collect();
    Ok(Json(ServerList { servers, total: listing.total, page: request.page, per_page: request.per_page }))
}
