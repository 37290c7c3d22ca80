//! `GET /api/audit`

use axum::Json;
use axum::extract::State;
use domain::audit::{self, Outcome, Recorded};
use domain::list::in_range;
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, Caller, ErrorBody, Params, Time};
use utoipa::{IntoParams, ToSchema};

use crate::schema::{KnownBy, LIMIT_MAX, Limit};

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// From 1 to 100; 50 unless given.
    #[param(value_type = Option<Limit>, inline)]
    limit: Option<i64>,
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
    at: Time,
    /// Its number in the chain; none of an entry of before the chain.
    seq: Option<u64>,
    /// Who, as far as that is proven.
    user_id: Option<i64>,
    /// Who they said they were, where nothing is proven: at a login.
    name: Option<String>,
    /// `token`, `api_key`, `nothing` (a login, a registration, or a link in a mail) or `steward` (it acted on its own).
    #[schema(value_type = KnownBy)]
    by: &'static str,
    source: String,
    /// Method and route, or what Steward calls its own work.
    action: String,
    /// The path, or what Steward worked on.
    target: String,
    /// The status that the request was answered with; none when the outcome is unknown.
    status: Option<u16>,
    /// The id of what was made.
    made_id: Option<i64>,
    /// What Steward says of its own work.
    result: Option<String>,
    /// The hash of the entry before, hex.
    previous: Option<String>,
    /// SHA-256 over the entry, which `steward audit verify` checks, hex.
    hash: Option<String>,
}

/// The audit trail, newest first; for administrators.
#[utoipa::path(get, path = "/api/audit", tag = "audit", params(Query),
    responses((status = 200, body = AuditTrail), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn list(State(app): State<App>, caller: Caller, Params(query): Params<Query>) -> Answer<Json<AuditTrail>> {
    let limit = in_range("limit", query.limit.unwrap_or(50), LIMIT_MAX)?;
    let entries = audit::list(&app.ctx, &caller.viewer, limit, query.before).await?;
    Ok(Json(AuditTrail { entries: entries.into_iter().map(TrailEntry::new).collect() }))
}

impl TrailEntry {
    fn new(entry: Recorded) -> Self {
        let (status, made_id, result) = match entry.outcome {
            Outcome::Unknown => (None, None, None),
            Outcome::Answered { status, made } => (Some(status), made, None),
            Outcome::Said { words } => (None, None, Some(words)),
        };
        Self {
            id: entry.id,
            at: entry.at.into(),
            seq: entry.seq,
            user_id: entry.user.map(|user| user.0),
            name: entry.name,
            by: entry.by.as_str(),
            source: entry.source,
            action: entry.action,
            target: entry.target,
            status,
            made_id,
            result,
            previous: entry.previous,
            hash: entry.hash,
        }
    }
}
