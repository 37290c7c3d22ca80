//! `GET /api/monitors` (000 §4.4.1)

use axum::Json;
use axum::extract::State;
use domain::ids::UserId;
use domain::list::PageRequest;
use domain::monitors;
use serde::{Deserialize, Serialize};
use steward_http::schema::{Page, PerPage, Search};
use steward_http::{Answer, App, Caller, ErrorBody, Params};
use utoipa::{IntoParams, ToSchema};

use super::MonitorSummary;

/// Which monitors.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Only those with this in the name or in the note.
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

/// A page of monitors.
#[derive(Serialize, ToSchema)]
pub struct MonitorList {
    monitors: Vec<MonitorSummary>,
    /// On all pages.
    total: u64,
    page: u32,
    per_page: u32,
}

/// Monitors, newest first.
#[utoipa::path(get, path = "/api/monitors", tag = "monitors", params(Query),
    responses((status = 200, body = MonitorList), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub async fn list(State(app): State<App>, caller: Caller, Params(query): Params<Query>) -> Answer<Json<MonitorList>> {
    let request = PageRequest::new(query.page, query.per_page, query.search, "per_page")?;
    let owner = query.user_id.map_or(caller.viewer.user, UserId);
    let store = app.ctx.store.as_ref();
    caller.viewer.require(store, owner, "user").await?;
    let listing = monitors::list(store, owner, &request).await?;
    let now = app.ctx.clock.now();
    let monitors = listing.rows.iter().map(|monitor| MonitorSummary::new(monitor, now)).collect();
    Ok(Json(MonitorList { monitors, total: listing.total, page: request.page, per_page: request.per_page }))
}
