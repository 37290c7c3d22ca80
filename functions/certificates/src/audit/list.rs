//! `GET /api/audit`

use axum::Json;
use axum::extract::State;
use domain::{Error, audit};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, Caller, ErrorBody, Params};
use utoipa::{IntoParams, ToSchema};

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// From 1 to 100; 50 unless given.
    limit: Option<u32>,
    /// Only entries older than the one with this id.
    before: Option<String>,
}

/// A page of the trail.
#[derive(Serialize, ToSchema)]
pub struct AuditTrail {
    entries: Vec<TrailEntry>,
}

/// Who did what to what, from where, when.
#[derive(Serialize, ToSchema)]
pub struct TrailEntry {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    user_id: i64,
    source: String,
    action: String,
    target: String,
}

/// The audit trail, newest first; for administrators.
#[utoipa::path(get, path = "/api/audit", tag = "audit", params(Query),
    responses((status = 200, body = AuditTrail), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn list(State(app): State<App>, caller: Caller, Params(query): Params<Query>) -> Answer<Json<AuditTrail>> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=100).contains(&limit) {
        return Err(Error::invalid("limit", "must be from 1 to 100").into());
    }
    let entries = audit::list(&app.ctx, &caller.viewer, limit, query.before).await?;
    let entry = |entry: audit::AuditEntry| TrailEntry {
        id: entry.id,
        at: entry.at,
        user_id: entry.user.0,
        source: entry.source,
        action: entry.action,
        target: entry.target,
    };
    Ok(Json(AuditTrail { entries: entries.into_iter().map(entry).collect() }))
}
