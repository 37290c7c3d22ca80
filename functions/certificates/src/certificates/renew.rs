//! `POST /api/certificates/{id}/renew`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::certificates::{self, Attempt, Certificate, Renewal, Renewed};
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody, Time};
use utoipa::ToSchema;

use super::VerificationRecord;
use crate::schema::RenewalStatus;

/// When a certificate is renewed, and how that goes.
#[derive(Serialize, ToSchema)]
pub struct RenewalPlan {
    /// `idle`, `awaiting_records`, `verifying` or `issuing`.
    #[schema(value_type = RenewalStatus)]
    status: &'static str,
    /// When it is to be renewed: in the window that its CA suggests, or by its lifetime.
    due: Time,
    /// The start of the window that its CA suggests (RFC 9773).
    window_start: Option<Time>,
    /// The end of that window.
    window_end: Option<Time>,
    /// A page of the CA that says why.
    explanation_url: Option<String>,
    /// When the CA is asked again.
    next_look: Time,
    /// How often it has failed.
    failures: u32,
    /// When it is tried again after a failure.
    next_attempt: Option<Time>,
    /// Why it failed last.
    error: Option<String>,
}

impl RenewalPlan {
    pub(super) fn new(renewal: &Renewal) -> Self {
        let suggested = renewal.suggested.as_ref();
        Self {
            status: match renewal.attempt {
                Attempt::Idle => "idle",
                Attempt::AwaitingRecords => "awaiting_records",
                Attempt::Verifying { .. } => "verifying",
                Attempt::Issuing { .. } => "issuing",
            },
            due: renewal.due.into(),
            window_start: suggested.map(|window| window.start.into()),
            window_end: suggested.map(|window| window.end.into()),
            explanation_url: suggested.and_then(|window| window.explanation_url.clone()),
            next_look: renewal.look_at.into(),
            failures: renewal.failures,
            next_attempt: renewal.retry_at.map(Into::into),
            error: renewal.error.clone(),
        }
    }
}

/// The outcome.
#[derive(Serialize, ToSchema)]
pub struct Renewing {
    id: i64,
    /// What happens next.
    message: String,
    /// Where the progress is shown: `GET /api/operations/{id}`.
    operation_id: Option<i64>,
    /// The records to make, where you prove the names by hand.
    verification_records: Vec<VerificationRecord>,
}

/// Renews an issued certificate now, before its time. Refused within an hour of the last issue. Asking again while it
/// is under way gives the same operation.
#[utoipa::path(post, path = "/api/certificates/{id}/renew", tag = "certificates", params(("id" = i64, Path)),
    responses((status = 202, body = Renewing), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn renew(State(app): State<App>, asked: CallerAnd<Certificate>) -> Answer<(StatusCode, Json<Renewing>)> {
    let mut certificate = asked.row;
    let renewed = certificates::renew(&app.ctx, &mut certificate).await?;
    let certificate = certificate.value;
    let id = certificate.id.0;
    let (message, operation_id) = match renewed {
        Renewed::Started(operation) => {
            (format!("under way; GET /api/operations/{operation} shows the progress"), Some(operation.0))
        }
        Renewed::AwaitingRecords => {
            (format!("ordered: make the records below, then POST /api/certificates/{id}/verify"), None)
        }
    };
    let verification_records = match operation_id {
        Some(_) => Vec::new(),
        None => VerificationRecord::all(&certificate),
    };
    Ok((StatusCode::ACCEPTED, Json(Renewing { id, message, operation_id, verification_records })))
}
