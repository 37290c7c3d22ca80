//! `GET /api/monitors/{id}/checks`

use axum::Json;
use axum::extract::State;
use domain::ids::CheckId;
use domain::list::in_range;
use domain::monitors::{self, By, Change, Check, Host, Monitor};
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, CallerAnd, ErrorBody, Params, Time};
use utoipa::{IntoParams, ToSchema};

use super::EndpointSeen;
use crate::schema::{ChangedThing, CheckCause, CheckEvent, LIMIT_MAX, Limit, MonitorStatus};

/// Which checks.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// From 1 to 100; 50 unless given.
    #[param(value_type = Option<Limit>, inline)]
    limit: Option<i64>,
    /// Only checks older than the one with this id.
    before: Option<i64>,
}

/// A page of a monitor's history.
#[derive(Serialize, ToSchema)]
pub struct CheckList {
    checks: Vec<CheckSeen>,
    /// What to give as `before` for the next page; null on the last.
    next: Option<i64>,
}

/// What a check saw.
#[derive(Serialize, ToSchema)]
pub struct CheckSeen {
    id: i64,
    at: Time,
    /// `schedule`, or `request` where somebody asked for it.
    #[schema(value_type = CheckCause)]
    by: &'static str,
    #[schema(value_type = MonitorStatus)]
    status: &'static str,
    /// `certificate_changed` where another certificate was in use than before.
    #[schema(value_type = Option<CheckEvent>)]
    event: Option<&'static str>,
    /// What is different from the check before.
    changes: Vec<ChangeSeen>,
    /// Address by address.
    endpoints: Vec<EndpointSeen>,
}

/// A difference from the check before.
#[derive(Serialize, ToSchema)]
pub struct ChangeSeen {
    /// `certificate` (by SHA-256 fingerprint), `status`, `grade`, `protocol` or `cipher`.
    #[schema(value_type = ChangedThing)]
    what: &'static str,
    old: String,
    new: String,
}

impl ChangeSeen {
    pub(super) fn new(change: &Change) -> Self {
        Self { what: change.what.as_str(), old: change.old.clone(), new: change.new.clone() }
    }
}

impl CheckSeen {
    fn new(check: &Check, domain: &Host) -> Self {
        Self {
            id: check.id.0,
            at: check.at.into(),
            by: match check.by {
                By::Schedule => "schedule",
                By::Request => "request",
            },
            status: check.status().as_str(),
            event: check.certificate_changed().then_some("certificate_changed"),
            changes: check.changes.iter().map(ChangeSeen::new).collect(),
            endpoints: check.looks.iter().map(|look| EndpointSeen::new(look, domain, check.at)).collect(),
        }
    }
}

/// A monitor's history, newest first. A check is kept for 90 days.
#[utoipa::path(get, path = "/api/monitors/{id}/checks", tag = "monitors", params(("id" = i64, Path), Query),
    responses((status = 200, body = CheckList), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn checks(
    State(app): State<App>,
    asked: CallerAnd<Monitor>,
    Params(query): Params<Query>,
) -> Answer<Json<CheckList>> {
    let limit = in_range("limit", query.limit.unwrap_or(50), LIMIT_MAX)?;
    let monitor = asked.row.value;
    let before = query.before.map(CheckId);
    let (checks, more) = monitors::history(app.ctx.store.as_ref(), monitor.id, limit, before).await?;
    let next = checks.last().filter(|_| more).map(|check| check.id.0);
    Ok(Json(CheckList { checks: checks.iter().map(|check| CheckSeen::new(check, &monitor.domain)).collect(), next }))
}
