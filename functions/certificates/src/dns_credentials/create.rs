//! `POST /api/dns-credentials`

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::dns_credentials::{self, NewDnsCredential};
use secrecy::SecretString;
use serde::Deserialize;
use steward_http::schema::Domain;
use steward_http::{Answer, App, Caller, ErrorBody, JsonBody};
use utoipa::ToSchema;

use super::DnsCredentialDetail;
use crate::schema::{DnsCredentialName, DnsProviderName};

/// A credential to keep.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DnsCredentialAddition {
    /// What you call it; at most 100 characters.
    #[schema(value_type = DnsCredentialName)]
    name: String,
    /// One of `GET /api/dns-providers`.
    #[schema(value_type = DnsProviderName)]
    provider: String,
    /// The provider's fields, each a string.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, example = json!({"api_key": "the key"}))]
    fields: BTreeMap<String, SecretString>,
    /// The zone it is for; without one, that of each record is looked up.
    #[schema(value_type = Option<Domain>)]
    zone: Option<String>,
}

/// Keeps a credential at a DNS provider; its secret fields are never shown again. Try it out with
/// `POST /api/dns-credentials/{id}/test`.
#[utoipa::path(post, path = "/api/dns-credentials", tag = "dns-credentials", request_body = DnsCredentialAddition,
    responses((status = 201, body = DnsCredentialDetail), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<DnsCredentialAddition>,
) -> Answer<(StatusCode, Json<DnsCredentialDetail>)> {
    let DnsCredentialAddition { name, provider, fields, zone } = body;
    let new = NewDnsCredential { name, provider, fields, zone };
    let credential = dns_credentials::create(&app.ctx, caller.viewer.user, new).await?;
    Ok((StatusCode::CREATED, Json(credential.value.into())))
}
