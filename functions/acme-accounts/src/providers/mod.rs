//! Certificate authorities (002 §0).

pub mod create;
pub mod list;

use domain::acme::Provider;
use serde::Serialize;
use steward_http::Time;
use utoipa::ToSchema;

use crate::schema::{ProviderName, ProviderState};

/// A certificate authority.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderItem {
    id: i64,
    #[schema(value_type = ProviderName)]
    name: String,
    directory_url: String,
    /// Whether an account there needs `eabKid` and `eabHmacKey`.
    requires_eab: bool,
    /// Always `active`.
    #[schema(value_type = ProviderState)]
    status: &'static str,
    created_at: Time,
    updated_at: Time,
}

impl From<Provider> for ProviderItem {
    fn from(provider: Provider) -> Self {
        Self {
            id: provider.id.0,
            name: provider.name,
            directory_url: provider.directory.url,
            requires_eab: provider.requires_eab,
            status: "active",
            created_at: provider.created_at.into(),
            updated_at: provider.created_at.into(),
        }
    }
}
