//! `POST /api/certificates/{id}/revoke`

use axum::Json;
use axum::extract::State;
use domain::certificates::{self, Certificate};
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody};
use utoipa::ToSchema;

use crate::schema::CertificateStatus;

/// It is revoked.
#[derive(Serialize, ToSchema)]
pub struct Revoked {
    id: i64,
    #[schema(value_type = CertificateStatus)]
    status: &'static str,
    message: &'static str,
}

/// Revokes an issued certificate at its CA.
#[utoipa::path(post, path = "/api/certificates/{id}/revoke", tag = "certificates", params(("id" = i64, Path)),
    responses((status = 200, body = Revoked), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn revoke(State(app): State<App>, asked: CallerAnd<Certificate>) -> Answer<Json<Revoked>> {
    let mut certificate = asked.row;
    certificates::revoke(&app.ctx, &mut certificate).await?;
    Ok(Json(Revoked { id: certificate.value.id.0, status: "revoked", message: "Certificate revoked successfully" }))
}
