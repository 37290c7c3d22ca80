//! `POST /api/v1/acme/providers/create`

use axum::Json;
use axum::extract::State;
use domain::Error;
use domain::acme::{self, NewProvider};
use serde::Deserialize;
use steward_http::{Answer, App, Caller, CodeErrorBody, JsonBody};
use utoipa::ToSchema;

use super::ProviderItem;
use crate::envelope::{self, Envelope};

/// A certificate authority to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ProviderAddition {
    /// 2 to 40 lower-case letters, digits and dashes.
    #[schema(example = "internal-ca")]
    name: String,
    /// https.
    #[schema(example = "https://ca.example.com/directory")]
    directory_url: String,
    /// Whether accounts there need external account binding; no unless given.
    #[serde(default)]
    requires_eab: bool,
    /// The root that signed the CA's own TLS certificate, PEM, when it is not a public one.
    root_ca_pem: Option<String>,
}

/// Adds a certificate authority; for administrators.
#[utoipa::path(post, path = "/api/v1/acme/providers/create", tag = "acme-providers", request_body = ProviderAddition,
    responses((status = 200, body = Envelope<ProviderItem>), (status = 400, body = CodeErrorBody),
        (status = 401, body = CodeErrorBody), (status = 403, body = CodeErrorBody),
        (status = 409, body = CodeErrorBody)))]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<ProviderAddition>,
) -> Answer<Json<Envelope<ProviderItem>>> {
    caller.viewer.require_admin()?;
    let root = body.root_ca_pem.as_deref().filter(|pem| !pem.trim().is_empty());
    if root.is_some_and(|pem| tls::facts(pem).is_err()) {
        return Err(Error::invalid("rootCaPem", "must be one or more certificates in PEM, 64 KiB at most").into());
    }
    let new = NewProvider {
        name: body.name,
        directory_url: body.directory_url,
        requires_eab: body.requires_eab,
        root_ca_pem: body.root_ca_pem,
    };
    let provider = acme::add_provider(&app.ctx, &caller.viewer, new).await?;
    Ok(envelope::one(provider.into()))
}
