//! `DELETE /api/dns-credentials/{id}`

use axum::Json;
use axum::extract::State;
use domain::dns_credentials::{self, DnsCredential};
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody};
use utoipa::ToSchema;

/// It is gone.
#[derive(Serialize, ToSchema)]
pub struct DnsCredentialDeleted {
    message: &'static str,
}

/// Deletes a credential that nothing uses: no certificate, no record that is still to be removed.
#[utoipa::path(delete, path = "/api/dns-credentials/{id}", tag = "dns-credentials", params(("id" = i64, Path)),
    responses((status = 200, body = DnsCredentialDeleted), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn delete(State(app): State<App>, asked: CallerAnd<DnsCredential>) -> Answer<Json<DnsCredentialDeleted>> {
    dns_credentials::delete(&app.ctx, &asked.row).await?;
    Ok(Json(DnsCredentialDeleted { message: "DNS credential deleted" }))
}
