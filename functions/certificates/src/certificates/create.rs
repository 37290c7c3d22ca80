//! `POST /api/certificates` (000 §4.2.3)

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::certificates::{self, NewCertificate};
use domain::ids::AccountId;
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, Caller, ErrorBody, JsonBody};
use utoipa::ToSchema;

use super::{VerificationRecord, verification_status};

/// What to order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// The first name; `*.` in front makes it a wildcard.
    #[schema(example = "example.com")]
    domain: String,
    /// The CA: a provider's name, or `Let's Encrypt`, `Google`, `ZeroSSL`. May be left out with `account_id`.
    #[schema(example = "letsencrypt")]
    issuer: Option<String>,
    /// `ECC` (unless given), `ECC-384`, `RSA` or `RSA-4096`.
    encryption_type: Option<String>,
    /// At most 1000 characters.
    #[serde(default)]
    note: Option<String>,
    /// More names: a list, or one string with commas.
    #[serde(default)]
    alt_domains: Option<AltDomains>,
    /// The ACME account to order with, instead of the default one at the CA.
    account_id: Option<i64>,
}

/// Names as a list, or as one string with commas.
#[derive(Deserialize, ToSchema)]
#[serde(untagged, expecting = "must be a list of names, or one string with commas between them")]
pub enum AltDomains {
    /// A list.
    List(Vec<String>),
    /// One string.
    Text(String),
}

impl AltDomains {
    pub(super) fn names(self) -> Vec<String> {
        match self {
            Self::List(names) => names,
            Self::Text(text) => text.split(',').map(str::to_owned).collect(),
        }
    }
}

/// The order, and the records it needs.
#[derive(Serialize, ToSchema)]
pub struct Ordered {
    id: i64,
    domain: String,
    verification_status: &'static str,
    /// The record for the first name.
    verification_info: Option<VerificationRecord>,
    /// The records for all names; two under one host must both be there.
    verification_records: Vec<VerificationRecord>,
}

/// Orders a certificate at the CA. Make the records it answers with, then verify. Without an account at that CA, one
/// is registered with your address where the CA needs no external account binding.
#[utoipa::path(post, path = "/api/certificates", tag = "certificates", request_body = NewOrder,
    responses((status = 201, body = Ordered), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<NewOrder>,
) -> Answer<(StatusCode, Json<Ordered>)> {
    let new = NewCertificate {
        domain: body.domain,
        alt_domains: body.alt_domains.map(AltDomains::names).unwrap_or_default(),
        issuer: body.issuer,
        account_id: body.account_id.map(AccountId),
        encryption_type: body.encryption_type,
        note: body.note.unwrap_or_default(),
    };
    let certificate = certificates::create(&app.ctx, &caller.user.value, new).await?.value;
    let records = VerificationRecord::all(&certificate);
    let ordered = Ordered {
        id: certificate.id.0,
        domain: certificate.domain.to_string(),
        verification_status: verification_status(certificate.status(app.ctx.clock.now())),
        verification_info: records.first().cloned(),
        verification_records: records,
    };
    Ok((StatusCode::CREATED, Json(ordered)))
}
