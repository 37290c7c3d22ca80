//! Certificate authorities (002 §0).

pub mod create;
pub mod list;

use domain::acme::Provider;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A certificate authority.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderItem {
    id: i64,
    name: String,
    directory_url: String,
    /// Whether an account there needs `eabKid` and `eabHmacKey`.
    requires_eab: bool,
    /// Always `active`.
    status: &'static str,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Provider> for ProviderItem {
    fn from(provider: Provider) -> Self {
        Self {
            id: provider.id.0,
            name: provider.name,
            directory_url: provider.directory.url,
            requires_eab: provider.requires_eab,
            status: "active",
            created_at: provider.created_at,
            updated_at: provider.created_at,
        }
    }
}
