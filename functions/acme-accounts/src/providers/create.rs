//! `POST /api/v1/acme/providers/create`

use axum::Json;
use axum::extract::State;
use domain::Error;
use domain::acme::budget::{Limit, LimitKind};
use domain::acme::{self, NewProvider};
use serde::Deserialize;
use steward_http::{Answer, App, Caller, CodeErrorBody, JsonBody};
use utoipa::ToSchema;

use super::ProviderItem;
use crate::envelope::{self, Envelope};
use crate::schema::{LimitedThing, ProviderName, ProviderRoot};

/// A certificate authority to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ProviderAddition {
    /// 2 to 40 lower-case letters, digits and dashes.
    #[schema(value_type = ProviderName)]
    name: String,
    /// https.
    #[schema(example = "https://ca.example.com/directory")]
    directory_url: String,
    /// Whether accounts there need external account binding; no unless given.
    #[serde(default)]
    requires_eab: bool,
    /// The root that signed the CA's own TLS certificate, PEM, when it is not a public one.
    #[schema(value_type = Option<ProviderRoot>)]
    root_ca_pem: Option<String>,
    /// The limits that the CA publishes, so that Steward asks for nothing over them; those of the well-known CAs are
    /// known.
    limits: Option<Vec<ProviderLimit>>,
}

/// A limit of a CA: so many in so many seconds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ProviderLimit {
    /// `new_orders`, `certificates_per_domain`, `certificates_per_names` or `failed_validations`.
    #[schema(value_type = LimitedThing)]
    kind: LimitKind,
    /// At least 1.
    of: u32,
    /// At least 1.
    per_seconds: u32,
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
        limits: body.limits.map(limits).transpose()?,
    };
    let provider = acme::add_provider(&app.ctx, &caller.viewer, new).await?;
    Ok(envelope::one(provider.into()))
}

fn limits(given: Vec<ProviderLimit>) -> Result<Vec<Limit>, Error> {
    if given.len() > 4 || given.iter().any(|limit| limit.of == 0 || limit.per_seconds == 0) {
        return Err(Error::invalid("limits", "must be at most one of each kind, with numbers of 1 or more"));
    }
    Ok(given.into_iter().map(|ProviderLimit { kind, of, per_seconds }| Limit { kind, of, per_seconds }).collect())
}
