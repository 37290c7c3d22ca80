//! `PUT /api/certificates/{id}` (000 §4.2.5)

use axum::Json;
use axum::extract::State;
use domain::certificates::{self, Certificate};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, CallerAnd, ErrorBody, JsonBody};
use utoipa::ToSchema;

/// What to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// At most 1000 characters.
    note: String,
}

/// What it is now.
#[derive(Serialize, ToSchema)]
pub struct Changed {
    id: i64,
    domain: String,
    note: String,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// Changes the note.
#[utoipa::path(put, path = "/api/certificates/{id}", tag = "certificates", params(("id" = i64, Path)),
    request_body = Change,
    responses((status = 200, body = Changed), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn update(
    State(app): State<App>,
    asked: CallerAnd<Certificate>,
    JsonBody(body): JsonBody<Change>,
) -> Answer<Json<Changed>> {
    let mut certificate = asked.row;
    certificates::set_note(&app.ctx, &mut certificate, body.note).await?;
    let certificate = certificate.value;
    let domain = certificate.domain.to_string();
    Ok(Json(Changed { id: certificate.id.0, domain, note: certificate.note, updated_at: certificate.updated_at }))
}
