//! `PUT /api/monitors/{id}` (000 §4.4.4)

use axum::Json;
use axum::extract::State;
use domain::monitors::{self, Monitor};
use serde::{Deserialize, Serialize};
use steward_http::schema::Port;
use steward_http::{Answer, App, CallerAnd, ErrorBody, JsonBody, Time};
use utoipa::ToSchema;

use super::{addresses, starttls};
use crate::schema::{AddressKind, IntervalMinutes, Note, Roots, StartTlsChange, StartTlsProtocol};

/// What to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MonitorChange {
    /// Whether it is looked at by itself.
    is_active: Option<bool>,
    /// At most 1000 characters.
    #[schema(value_type = Option<Note>)]
    note: Option<String>,
    /// From 1 to 65535.
    #[schema(value_type = Option<Port>)]
    port: Option<i64>,
    /// As for a new one; alone, it ends what `ip_address` said.
    #[schema(value_type = Option<AddressKind>)]
    ip_type: Option<String>,
    /// As for a new one; empty to resolve the name.
    ip_address: Option<String>,
    /// From 1 to 43200.
    #[schema(value_type = Option<IntervalMinutes>)]
    interval_minutes: Option<i64>,
    /// `smtp`, `imap` or `none`.
    #[schema(value_type = Option<StartTlsChange>)]
    starttls: Option<String>,
    /// PEM; empty for the public roots only.
    #[schema(value_type = Option<Roots>)]
    root_ca_pem: Option<String>,
}

/// What it is now.
#[derive(Serialize, ToSchema)]
pub struct MonitorChanged {
    id: i64,
    is_active: bool,
    #[schema(value_type = Note)]
    note: String,
    updated_at: Time,
    #[schema(value_type = Port)]
    port: u16,
    #[schema(value_type = AddressKind)]
    ip_type: &'static str,
    ip_address: String,
    #[schema(value_type = IntervalMinutes)]
    interval_minutes: u32,
    #[schema(value_type = Option<StartTlsProtocol>)]
    starttls: Option<&'static str>,
    next_check: Option<Time>,
}

/// Changes a monitor.
#[utoipa::path(put, path = "/api/monitors/{id}", tag = "monitors", params(("id" = i64, Path)),
    request_body = MonitorChange,
    responses((status = 200, body = MonitorChanged), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn update(
    State(app): State<App>,
    asked: CallerAnd<Monitor>,
    JsonBody(body): JsonBody<MonitorChange>,
) -> Answer<Json<MonitorChanged>> {
    let change = monitors::MonitorChange {
        is_active: body.is_active,
        note: body.note,
        port: body.port,
        ip_type: body.ip_type,
        ip_address: body.ip_address,
        starttls: body.starttls,
        root_ca_pem: body.root_ca_pem,
        interval_minutes: body.interval_minutes,
    };
    let mut monitor = asked.row;
    monitors::update(&app.ctx, &mut monitor, change).await?;
    let monitor = monitor.value;
    Ok(Json(MonitorChanged {
        id: monitor.id.0,
        is_active: monitor.is_active,
        updated_at: monitor.updated_at.into(),
        port: monitor.port,
        ip_type: monitor.target.ip_type.as_str(),
        ip_address: addresses(&monitor),
        interval_minutes: monitor.interval_minutes,
        starttls: starttls(monitor.starttls),
        next_check: monitor.next_check.map(Into::into),
        note: monitor.note,
    }))
}
