//! `GET /api/certificates/{id}` (000 §4.2.2)

use axum::Json;
use axum::extract::State;
use domain::certificates::{Certificate, Method, State as CertificateState};
use jiff::Timestamp;
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody, Time};
use utoipa::ToSchema;

use super::renew::RenewalPlan;
use super::{Summary, VerificationRecord};
use crate::schema::ChallengeMethod;

/// A certificate with everything about it.
#[derive(Serialize, ToSchema)]
pub struct CertificateDetail {
    #[serde(flatten)]
    summary: Summary,
    /// Where the certificate with its chain is fetched, once issued.
    cert_path: Option<String>,
    /// Where the private key is fetched, once issued.
    key_path: Option<String>,
    created_at: Time,
    updated_at: Time,
    /// The ACME account it was ordered with.
    account_id: i64,
    /// The operation at work on it.
    operation_id: Option<i64>,
    /// Why the order failed.
    error: Option<String>,
    /// SHA-256 of the certificate, hex.
    fingerprint: Option<String>,
    /// Serial number, hex.
    serial: Option<String>,
    /// The records its order needs.
    verification_records: Vec<VerificationRecord>,
    /// How its names are proven: `manual`, `dns`, `delegated` or `http`.
    #[schema(value_type = ChallengeMethod)]
    challenge: &'static str,
    /// The credential that makes its records.
    dns_credential_id: Option<i64>,
    /// The CA's profile.
    profile: Option<String>,
    /// Whether renewals keep the key.
    reuse_key: bool,
    /// Whether it is renewed by itself.
    auto_renew: bool,
    /// How often it has been renewed.
    version: u32,
    /// When it is renewed, and how that goes; once it is issued.
    renewal: Option<RenewalPlan>,
}

impl CertificateDetail {
    fn new(certificate: &Certificate, now: Timestamp) -> Self {
        let issued = certificate.issued();
        let path =
            |format: &str| issued.map(|_| format!("/api/certificates/{}/download?format={format}", certificate.id));
        let error = match &certificate.state {
            CertificateState::Failed { reason } => Some(reason.clone()),
            _ => None,
        };
        Self {
            summary: Summary::new(certificate, now),
            cert_path: path("fullchain"),
            key_path: path("key"),
            created_at: certificate.created_at.into(),
            updated_at: certificate.updated_at.into(),
            account_id: certificate.account.0,
            operation_id: certificate.operation().map(|operation| operation.0),
            error,
            fingerprint: issued.map(|issued| issued.fingerprint.clone()),
            serial: issued.map(|issued| issued.serial.clone()),
            verification_records: VerificationRecord::all(certificate),
            challenge: certificate.method.as_str(),
            dns_credential_id: match certificate.method {
                Method::Dns { dns_credential } => Some(dns_credential.0),
                Method::Manual | Method::Delegated | Method::Http => None,
            },
            profile: certificate.profile.clone(),
            reuse_key: certificate.reuse_key,
            auto_renew: certificate.auto_renew,
            version: certificate.version,
            renewal: certificate.renewal.as_ref().map(RenewalPlan::new),
        }
    }
}

/// A certificate.
#[utoipa::path(get, path = "/api/certificates/{id}", tag = "certificates", params(("id" = i64, Path)),
    responses((status = 200, body = CertificateDetail), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get(State(app): State<App>, asked: CallerAnd<Certificate>) -> Answer<Json<CertificateDetail>> {
    Ok(Json(CertificateDetail::new(&asked.row.value, app.ctx.clock.now())))
}
