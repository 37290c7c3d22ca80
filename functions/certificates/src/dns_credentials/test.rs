//! `POST /api/dns-credentials/{id}/test`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::dns_credentials::{self, DnsCredential};
use serde::{Deserialize, Serialize};
use steward_http::schema::Domain;
use steward_http::{Answer, App, CallerAnd, ErrorBody, JsonBody};
use utoipa::ToSchema;

/// Where to try it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DnsCredentialTrial {
    /// A zone at this provider; the credential's own unless given.
    #[schema(value_type = Option<Domain>)]
    zone: Option<String>,
}

/// It has begun.
#[derive(Serialize, ToSchema)]
pub struct DnsCredentialTested {
    /// Where its steps are shown: `GET /api/operations/{id}`.
    operation_id: i64,
    message: &'static str,
}

/// Tries a credential out: writes a TXT record under `_steward-test` in the zone, reads it from the zone's own name
/// servers, and removes it.
#[utoipa::path(post, path = "/api/dns-credentials/{id}/test", tag = "dns-credentials", params(("id" = i64, Path)),
    request_body = DnsCredentialTrial,
    responses((status = 202, body = DnsCredentialTested), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn test(
    State(app): State<App>,
    asked: CallerAnd<DnsCredential>,
    JsonBody(body): JsonBody<DnsCredentialTrial>,
) -> Answer<(StatusCode, Json<DnsCredentialTested>)> {
    let operation = dns_credentials::test(&app.ctx, &asked.row.value, body.zone.as_deref()).await?;
    let message = "a record is written, looked for and removed; the operation shows each step";
    Ok((StatusCode::ACCEPTED, Json(DnsCredentialTested { operation_id: operation.id.0, message })))
}
