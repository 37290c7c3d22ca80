//! `POST /api/certificates/{id}/verify` (000 §4.2.4)

use axum::Json;
use axum::extract::State;
use domain::certificates::{self, Certificate, Verified};
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody};
use utoipa::ToSchema;

use super::VerificationRecord;
use crate::schema::CertificateStatus;

/// The outcome.
#[derive(Serialize, ToSchema)]
pub struct Outcome {
    /// Whether all records are there and the certificate is on its way.
    success: bool,
    /// What is missing, or what happens next.
    message: String,
    certificate: Brief,
    /// Where the progress is shown: `GET /api/operations/{id}`.
    operation_id: Option<i64>,
    /// The records the order needs.
    verification_records: Vec<VerificationRecord>,
}

/// The certificate in brief.
#[derive(Serialize, ToSchema)]
pub struct Brief {
    id: i64,
    domain: String,
    #[schema(value_type = CertificateStatus)]
    status: &'static str,
}

/// Looks the records up at the zone's name servers; when all are there, the CA is asked to issue.
#[utoipa::path(post, path = "/api/certificates/{id}/verify", tag = "certificates", params(("id" = i64, Path)),
    responses((status = 200, body = Outcome), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn verify(State(app): State<App>, asked: CallerAnd<Certificate>) -> Answer<Json<Outcome>> {
    let mut certificate = asked.row;
    let verified = certificates::verify(&app.ctx, &mut certificate).await?;
    let (message, operation) = match verified {
        Verified::Missing(message) => (message, None),
        Verified::OrderedAgain => {
            let message = "the earlier order had failed; a new one was made. Make the records below, then verify again";
            (message.to_owned(), None)
        }
        Verified::Started(operation) => {
            (format!("all records are there; GET /api/operations/{operation} shows the progress"), Some(operation.0))
        }
    };
    let certificate = certificate.value;
    let status = certificate.status(app.ctx.clock.now()).as_str();
    let verification_records = VerificationRecord::all(&certificate);
    let certificate = Brief { id: certificate.id.0, domain: certificate.domain.to_string(), status };
    Ok(Json(Outcome {
        success: operation.is_some(),
        message,
        certificate,
        operation_id: operation,
        verification_records,
    }))
}
