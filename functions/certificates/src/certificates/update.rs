//! `PUT /api/certificates/{id}` (000 §4.2.5)

use axum::Json;
use axum::extract::State;
use domain::certificates::{self, Certificate, Method};
use domain::ids::DnsCredentialId;
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, CallerAnd, ErrorBody, JsonBody, Time};
use utoipa::ToSchema;

use crate::schema::{ChallengeMethod, Note};

/// What to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// At most 1000 characters.
    #[schema(value_type = Option<Note>)]
    note: Option<String>,
    /// How the names are proven: `manual`, `dns`, `delegated` or `http`.
    #[schema(value_type = Option<ChallengeMethod>)]
    challenge: Option<String>,
    /// The credential for `dns`.
    dns_credential_id: Option<i64>,
    /// A profile of the CA; empty for none.
    profile: Option<String>,
    /// Whether renewals keep the key.
    reuse_key: Option<bool>,
    /// Whether it is renewed by itself.
    auto_renew: Option<bool>,
}

/// What it is now.
#[derive(Serialize, ToSchema)]
pub struct Changed {
    id: i64,
    domain: String,
    #[schema(value_type = Note)]
    note: String,
    /// How the names are proven.
    #[schema(value_type = ChallengeMethod)]
    challenge: &'static str,
    profile: Option<String>,
    reuse_key: bool,
    auto_renew: bool,
    updated_at: Time,
}

/// Changes what is given. All but the note counts from the next order on.
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
    let credential = body.dns_credential_id.map(DnsCredentialId);
    let method = match body.challenge.is_some() || credential.is_some() {
        true => Some(Method::parse(body.challenge.as_deref(), credential)?),
        false => None,
    };
    let change = certificates::Change {
        note: body.note,
        method,
        profile: body.profile,
        reuse_key: body.reuse_key,
        auto_renew: body.auto_renew,
    };
    certificates::change(&app.ctx, &mut certificate, change).await?;
    let certificate = certificate.value;
    Ok(Json(Changed {
        id: certificate.id.0,
        domain: certificate.domain.to_string(),
        note: certificate.note,
        challenge: certificate.method.as_str(),
        profile: certificate.profile,
        reuse_key: certificate.reuse_key,
        auto_renew: certificate.auto_renew,
        updated_at: certificate.updated_at.into(),
    }))
}
