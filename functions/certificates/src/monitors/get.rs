//! `GET /api/monitors/{id}` (000 §4.4.2)

use axum::Json;
use axum::extract::State;
use domain::monitors::Monitor;
use jiff::Timestamp;
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody, Time};
use utoipa::ToSchema;

use super::{EndpointSeen, MonitorSummary};

/// A monitor with everything about it.
#[derive(Serialize, ToSchema)]
pub struct MonitorDetail {
    #[serde(flatten)]
    summary: MonitorSummary,
    created_at: Time,
    updated_at: Time,
    /// When it is looked at next.
    next_check: Option<Time>,
    /// Roots trusted beside the public ones, PEM.
    root_ca_pem: Option<String>,
    /// Why it is not looked at though it is switched on: its owner may not have it done now.
    stopped: Option<String>,
    /// How many checks in a row did not reach it.
    failures: u32,
    /// What the last check saw, address by address.
    endpoints: Vec<EndpointSeen>,
}

impl MonitorDetail {
    fn new(monitor: &Monitor, now: Timestamp) -> Self {
        Self {
            summary: MonitorSummary::new(monitor, now),
            created_at: monitor.created_at.into(),
            updated_at: monitor.updated_at.into(),
            next_check: monitor.next_check.map(Into::into),
            root_ca_pem: monitor.root_ca_pem.clone(),
            stopped: monitor.stopped.clone(),
            failures: monitor.failures,
            endpoints: monitor.looks.iter().map(|look| EndpointSeen::new(look, &monitor.domain, now)).collect(),
        }
    }
}

/// A monitor.
#[utoipa::path(get, path = "/api/monitors/{id}", tag = "monitors", params(("id" = i64, Path)),
    responses((status = 200, body = MonitorDetail), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get(State(app): State<App>, asked: CallerAnd<Monitor>) -> Answer<Json<MonitorDetail>> {
    Ok(Json(MonitorDetail::new(&asked.row.value, app.ctx.clock.now())))
}
