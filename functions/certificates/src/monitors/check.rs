//! `POST /api/monitors/{id}/check` (000 §4.4.6)

use axum::Json;
use axum::extract::State;
use domain::monitors::{self, CertLevel, Grade, Monitor, Seen};
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody, Time};
use utoipa::ToSchema;

use super::EndpointSeen;
use super::checks::ChangeSeen;
use crate::schema::{MonitorStatus, TlsGrade, ValidationLevel};

/// What was seen.
#[derive(Serialize, ToSchema)]
pub struct Checked {
    id: i64,
    domain: String,
    #[schema(value_type = MonitorStatus)]
    status: &'static str,
    days_remaining: Option<i64>,
    #[schema(value_type = Option<ValidationLevel>)]
    cert_level: Option<&'static str>,
    encryption_type: Option<String>,
    last_check: Option<Time>,
    #[schema(value_type = Option<TlsGrade>)]
    grade: Option<&'static str>,
    certificate_id: Option<i64>,
    served: Option<bool>,
    /// What is different from the check before.
    changes: Vec<ChangeSeen>,
    /// Address by address.
    endpoints: Vec<EndpointSeen>,
}

/// Looks at it now. It takes up to ten seconds where nobody answers.
#[utoipa::path(post, path = "/api/monitors/{id}/check", tag = "monitors", params(("id" = i64, Path)),
    responses((status = 200, body = Checked), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn check(State(app): State<App>, asked: CallerAnd<Monitor>) -> Answer<Json<Checked>> {
    let mut monitor = asked.row;
    let check = monitors::check_now(&app.ctx, &mut monitor).await?;
    let (monitor, now) = (monitor.value, check.at);
    let seen = monitor.headline(now);
    Ok(Json(Checked {
        id: monitor.id.0,
        domain: monitor.domain.to_string(),
        status: monitor.status(now).as_str(),
        days_remaining: monitor.days_remaining(now),
        cert_level: seen.map(|seen| seen.level).map(CertLevel::as_str),
        encryption_type: seen.map(Seen::encryption_type),
        last_check: monitor.last_check.map(Into::into),
        grade: monitor.grade(now).map(Grade::as_str),
        certificate_id: monitor.link.as_ref().map(|link| link.certificate.0),
        served: monitor.link.as_ref().map(|link| link.served),
        changes: check.changes.iter().map(ChangeSeen::new).collect(),
        endpoints: check.looks.iter().map(|look| EndpointSeen::new(look, &monitor.domain, now)).collect(),
    }))
}
