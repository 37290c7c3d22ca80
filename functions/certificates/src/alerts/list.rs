//! `GET /api/alerts` (003 §4.8)

use axum::Json;
use axum::extract::State;
use domain::Error;
use domain::alerts::{self, Alert, AlertState};
use domain::ids::UserId;
use domain::list::PageRequest;
use serde::{Deserialize, Serialize};
use steward_http::schema::{Page, PerPage, Search};
use steward_http::{Answer, App, Caller, ErrorBody, Params, Time};
use utoipa::{IntoParams, ToSchema};

use crate::schema::{AlertFilter, AlertLevel, AlertSort, AlertStanding, SubjectType};

/// Which alerts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// `firing`: only those that still stand.
    #[param(value_type = Option<AlertFilter>, inline)]
    state: Option<String>,
    /// Only those with this in their name or kind.
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

/// A page of alerts.
#[derive(Serialize, ToSchema)]
pub struct AlertList {
    alerts: Vec<AlertDetail>,
    /// On all pages.
    total: u64,
    page: u32,
    per_page: u32,
}

/// Something that is, or was, wrong.
#[derive(Serialize, ToSchema)]
pub struct AlertDetail {
    alert_id: i64,
    /// What is wrong, and what to do.
    message: String,
    /// Since when.
    timestamp: Time,
    /// `firing`, `over`, or `happened` (once: there is nothing to end).
    #[schema(value_type = AlertStanding)]
    state: &'static str,
    ended_at: Option<Time>,
    /// `info`, `warning` or `critical`: at its worst.
    #[schema(value_type = AlertLevel)]
    level: &'static str,
    /// `expiry`, `unreachable`, `untrusted`, `changed`, `deploy_failed`, `rollback_failed`, `renewal_failed`,
    /// `record_needed` or `host_key_changed`.
    #[schema(value_type = AlertSort)]
    kind: &'static str,
    /// `certificate`, `monitor`, `deployment` or `server`.
    #[schema(value_type = SubjectType)]
    subject_type: &'static str,
    subject_id: i64,
    /// What people call it.
    name: String,
    updated_at: Time,
}

impl AlertDetail {
    fn new(alert: Alert) -> Self {
        let (state, ended_at) = match alert.state {
            AlertState::Firing => ("firing", None),
            AlertState::Over { ended_at } => ("over", Some(ended_at)),
            AlertState::Happened => ("happened", None),
        };
        Self {
            alert_id: alert.id.0,
            message: alert.text,
            timestamp: alert.since.into(),
            state,
            ended_at: ended_at.map(Into::into),
            level: alert.level.as_str(),
            kind: alert.kind.as_str(),
            subject_type: alert.subject.word(),
            subject_id: alert.subject.id(),
            name: alert.name,
            updated_at: alert.updated_at.into(),
        }
    }
}

/// Alerts, newest first. Each is told once when it begins, gets worse, and ends, so that there is nothing to acknowledge.
#[utoipa::path(get, path = "/api/alerts", tag = "alerts", params(Query),
    responses((status = 200, body = AlertList), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub async fn list(State(app): State<App>, caller: Caller, Params(query): Params<Query>) -> Answer<Json<AlertList>> {
    let firing = match query.state.as_deref() {
        None => false,
        Some("firing") => true,
        Some(_) => return Err(Error::invalid("state", "must be firing, or left out").into()),
    };
    let request = PageRequest::new(query.page, query.per_page, query.search, "per_page")?;
    let owner = query.user_id.map_or(caller.viewer.user, UserId);
    let store = app.ctx.store.as_ref();
    caller.viewer.require(store, owner, "user").await?;
    let listing = alerts::list(store, owner, firing, &request).await?;
    let alerts = listing.rows.into_iter().map(AlertDetail::new).collect();
    Ok(Json(AlertList { alerts, total: listing.total, page: request.page, per_page: request.per_page }))
}
