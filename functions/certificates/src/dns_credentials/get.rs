//! `GET /api/dns-credentials/{id}`

use axum::Json;
use domain::dns_credentials::DnsCredential;
use steward_http::{Answer, CallerAnd, ErrorBody};

use super::DnsCredentialDetail;

/// A credential at a DNS provider, without its secrets.
#[utoipa::path(get, path = "/api/dns-credentials/{id}", tag = "dns-credentials", params(("id" = i64, Path)),
    responses((status = 200, body = DnsCredentialDetail), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn get(asked: CallerAnd<DnsCredential>) -> Answer<Json<DnsCredentialDetail>> {
    Ok(Json(asked.row.value.into()))
}
