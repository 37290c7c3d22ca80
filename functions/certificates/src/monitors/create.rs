//! `POST /api/monitors` (000 §4.4.3)

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::monitors;
use serde::{Deserialize, Serialize};
use steward_http::schema::{Domain, Port};
use steward_http::{Answer, App, Caller, ErrorBody, JsonBody, Time};
use utoipa::ToSchema;

use super::{addresses, starttls};
use crate::schema::{AddressKind, IntervalMinutes, Note, Roots, StartTlsProtocol};

/// What to watch.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMonitor {
    /// The host: a name, or an address; of local names and addresses those that STEWARD_ALLOW_TARGETS allows.
    #[schema(value_type = Domain)]
    domain: String,
    /// 443 unless given; 25 for SMTP, 143 for IMAP.
    #[schema(value_type = Option<Port>)]
    port: Option<i64>,
    /// `auto` (every address; one that is silent is overlooked while another answers), `ipv4`, `ipv6`, `both` (every
    /// address of the kind, and each must answer) or `pinned`. `auto` unless given, `pinned` with `ip_address`.
    #[schema(value_type = Option<AddressKind>)]
    ip_type: Option<String>,
    /// Look at these addresses, separated by commas, whatever the name resolves to.
    ip_address: Option<String>,
    /// Whether it is looked at by itself; true unless given.
    is_active: Option<bool>,
    /// At most 1000 characters.
    #[schema(value_type = Option<Note>)]
    note: Option<String>,
    /// Minutes from one check to the next, from 1 to 43200; 360 unless given.
    #[schema(value_type = Option<IntervalMinutes>)]
    interval_minutes: Option<i64>,
    /// `smtp` or `imap` where TLS begins with STARTTLS.
    #[schema(value_type = Option<StartTlsProtocol>)]
    starttls: Option<String>,
    /// Roots to trust beside the public ones, PEM; or the server's own certificate.
    #[schema(value_type = Option<Roots>)]
    root_ca_pem: Option<String>,
}

/// The monitor.
#[derive(Serialize, ToSchema)]
pub struct MonitorMade {
    id: i64,
    domain: String,
    #[schema(value_type = Port)]
    port: u16,
    #[schema(value_type = AddressKind)]
    ip_type: &'static str,
    ip_address: String,
    is_active: bool,
    #[schema(value_type = Note)]
    note: String,
    created_at: Time,
    #[schema(value_type = IntervalMinutes)]
    interval_minutes: u32,
    #[schema(value_type = Option<StartTlsProtocol>)]
    starttls: Option<&'static str>,
    /// When it is looked at first.
    next_check: Option<Time>,
}

/// Watches a TLS endpoint. It is looked at for the first time within half a minute.
#[utoipa::path(post, path = "/api/monitors", tag = "monitors", request_body = NewMonitor,
    responses((status = 201, body = MonitorMade), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<NewMonitor>,
) -> Answer<(StatusCode, Json<MonitorMade>)> {
    let new = monitors::NewMonitor {
        domain: body.domain,
        port: body.port,
        ip_type: body.ip_type,
        ip_address: body.ip_address,
        starttls: body.starttls,
        root_ca_pem: body.root_ca_pem,
        interval_minutes: body.interval_minutes,
        is_active: body.is_active.unwrap_or(true),
        note: body.note.unwrap_or_default(),
    };
    let monitor = monitors::create(&app.ctx, caller.viewer.user, new).await?.value;
    let made = MonitorMade {
        id: monitor.id.0,
        domain: monitor.domain.to_string(),
        port: monitor.port,
        ip_type: monitor.target.ip_type.as_str(),
        ip_address: addresses(&monitor),
        is_active: monitor.is_active,
        created_at: monitor.created_at.into(),
        interval_minutes: monitor.interval_minutes,
        starttls: starttls(monitor.starttls),
        next_check: monitor.next_check.map(Into::into),
        note: monitor.note,
    };
    Ok((StatusCode::CREATED, Json(made)))
}
