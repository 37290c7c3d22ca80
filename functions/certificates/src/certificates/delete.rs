//! `DELETE /api/certificates/{id}` (000 §4.2.6)

use axum::Json;
use axum::extract::State;
use domain::certificates::{self, Certificate};
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody};
use utoipa::ToSchema;

/// It is gone.
#[derive(Serialize, ToSchema)]
pub struct Deleted {
    message: &'static str,
}

/// Deletes a certificate and its key. Deleting does not revoke.
#[utoipa::path(delete, path = "/api/certificates/{id}", tag = "certificates", params(("id" = i64, Path)),
    responses((status = 200, body = Deleted), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn delete(State(app): State<App>, asked: CallerAnd<Certificate>) -> Answer<Json<Deleted>> {
    certificates::delete(&app.ctx, &asked.row).await?;
    Ok(Json(Deleted { message: "Certificate deleted successfully" }))
}
