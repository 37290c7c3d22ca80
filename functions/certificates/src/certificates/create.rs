//! `POST /api/certificates` (000 §4.2.3)

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::certificates::{self, Method, NewCertificate};
use domain::ids::{AccountId, DnsCredentialId};
use serde::{Deserialize, Serialize};
use steward_http::schema::Domain;
use steward_http::{Answer, App, Caller, ErrorBody, JsonBody};
use utoipa::ToSchema;

use super::{VerificationRecord, verification_status};
use crate::schema::{ChallengeMethod, KeyKind, Note, VerificationStatus};

/// What to order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// The first name; `*.` in front makes it a wildcard.
    #[schema(value_type = Domain)]
    domain: String,
    /// The CA: a provider's name, or `Let's Encrypt`, `Google`, `ZeroSSL`. May be left out with `account_id`.
    #[schema(example = "letsencrypt")]
    issuer: Option<String>,
    /// `ECC` (unless given), `ECC-384`, `RSA` or `RSA-4096`.
    #[schema(value_type = Option<KeyKind>)]
    encryption_type: Option<String>,
    /// At most 1000 characters.
    #[serde(default)]
    #[schema(value_type = Option<Note>)]
    note: Option<String>,
    /// More names: a list, or one string with commas, semicolons or line ends between them.
    #[serde(default)]
    alt_domains: Option<AltDomains>,
    /// The ACME account to order with, instead of the default one at the CA.
    account_id: Option<i64>,
    /// How the names are proven: `manual` (unless given: you make the records, then verify), `dns` (Steward makes them
    /// with a stored credential), `delegated` (Steward makes them in the operator's zone, where your CNAMEs lead) or
    /// `http` (your site redirects `/.well-known/acme-challenge/` to Steward).
    #[schema(value_type = Option<ChallengeMethod>)]
    challenge: Option<String>,
    /// The credential for `dns`.
    dns_credential_id: Option<i64>,
    /// A profile of the CA, e.g. `classic`, `tlsserver` or `shortlived` at Let's Encrypt.
    profile: Option<String>,
    /// Whether renewals keep the key; `false` unless given.
    #[serde(default)]
    reuse_key: bool,
    /// Whether it is renewed by itself; `true` unless given.
    auto_renew: Option<bool>,
}

/// Names as a list, or as one string with commas, semicolons or line ends between them.
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
            Self::Text(text) => vec![text],
        }
    }
}

/// The order, and the records it needs.
#[derive(Serialize, ToSchema)]
pub struct Ordered {
    id: i64,
    domain: String,
    #[schema(value_type = VerificationStatus)]
    verification_status: &'static str,
    /// The record for the first name.
    verification_info: Option<VerificationRecord>,
    /// The records for all names; two under one host must both be there.
    verification_records: Vec<VerificationRecord>,
    /// Where the progress is shown, unless you have to make records first: `GET /api/operations/{id}`.
    operation_id: Option<i64>,
}

/// Orders a certificate at the CA. With `manual`, make the records it answers with, then verify; any other way needs
/// nothing more, now and at each renewal. Without an account at that CA, one
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
        method: Method::parse(body.challenge.as_deref(), body.dns_credential_id.map(DnsCredentialId))?,
        profile: body.profile,
        reuse_key: body.reuse_key,
        auto_renew: body.auto_renew.unwrap_or(true),
        note: body.note.unwrap_or_default(),
    };
    let certificates::Ordered { certificate, operation } =
        certificates::create(&app.ctx, &caller.user.value, new).await?;
    let records = VerificationRecord::all(&certificate);
    let ordered = Ordered {
        id: certificate.id.0,
        domain: certificate.domain.to_string(),
        verification_status: verification_status(certificate.status(app.ctx.clock.now())),
        verification_info: records.first().cloned(),
        verification_records: records,
        operation_id: operation.map(|operation| operation.0),
    };
    Ok((StatusCode::CREATED, Json(ordered)))
}
