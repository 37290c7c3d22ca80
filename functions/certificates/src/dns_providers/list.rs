//! `GET /api/dns-providers`

use axum::Json;
use domain::dns_credentials::{DnsProvider, FieldKind, PROVIDERS, Writes};
use serde::Serialize;
use steward_http::{Caller, ErrorBody};
use utoipa::ToSchema;

/// The providers, by name.
#[derive(Serialize, ToSchema)]
pub struct DnsProviderList {
    dns_providers: Vec<ProviderDetail>,
}

/// A provider, and what a credential for it has.
#[derive(Serialize, ToSchema)]
pub struct ProviderDetail {
    name: &'static str,
    title: &'static str,
    fields: Vec<FieldDetail>,
    /// Whether Steward can only set a name's values all at once: what others wrote there is lost.
    overwrites: bool,
}

/// A field of a credential.
#[derive(Serialize, ToSchema)]
pub struct FieldDetail {
    name: &'static str,
    /// Whether it is never shown again.
    secret: bool,
    required: bool,
    example: &'static str,
}

impl From<&DnsProvider> for ProviderDetail {
    fn from(provider: &DnsProvider) -> Self {
        let fields = provider.fields.iter().map(|field| FieldDetail {
            name: field.name,
            secret: field.kind == FieldKind::Secret,
            required: field.required,
            example: field.example,
        });
        Self {
            name: provider.name,
            title: provider.title,
            fields: fields.collect(),
            overwrites: provider.writes == Writes::Whole,
        }
    }
}

/// Every DNS provider that Steward can make records at, and what it needs to know for that.
#[utoipa::path(get, path = "/api/dns-providers", tag = "dns-providers",
    responses((status = 200, body = DnsProviderList), (status = 401, body = ErrorBody)))]
pub async fn list(_caller: Caller) -> Json<DnsProviderList> {
    Json(DnsProviderList { dns_providers: PROVIDERS.iter().map(Into::into).collect() })
}
