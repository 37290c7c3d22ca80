//! `PUT /api/dns-credentials/{id}`

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use domain::dns_credentials::{self, DnsCredential, DnsCredentialChange};
use secrecy::SecretString;
use serde::Deserialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody, JsonBody};
use utoipa::ToSchema;

use super::DnsCredentialDetail;
use crate::schema::{DnsCredentialName, ZoneOrNone};

/// What to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DnsCredentialUpdate {
    #[schema(value_type = Option<DnsCredentialName>)]
    name: Option<String>,
    /// Fields to replace; an empty string takes one back that need not be there.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    fields: Option<BTreeMap<String, SecretString>>,
    /// The zone it is for; an empty string for none.
    #[schema(value_type = Option<ZoneOrNone>)]
    zone: Option<String>,
}

/// Changes a credential, e.g. for a new key. Its provider stays.
#[utoipa::path(put, path = "/api/dns-credentials/{id}", tag = "dns-credentials", params(("id" = i64, Path)),
    request_body = DnsCredentialUpdate,
    responses((status = 200, body = DnsCredentialDetail), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn update(
    State(app): State<App>,
    asked: CallerAnd<DnsCredential>,
    JsonBody(body): JsonBody<DnsCredentialUpdate>,
) -> Answer<Json<DnsCredentialDetail>> {
    let mut credential = asked.row;
    let DnsCredentialUpdate { name, fields, zone } = body;
    dns_credentials::update(&app.ctx, &mut credential, DnsCredentialChange { name, fields, zone }).await?;
    Ok(Json(credential.value.into()))
}
