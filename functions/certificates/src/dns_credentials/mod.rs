//! Credentials at DNS providers, for records that Steward makes by itself.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod test;
pub mod update;

use std::collections::BTreeMap;

use domain::dns_credentials::DnsCredential;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A credential, without its secret fields.
#[derive(Serialize, ToSchema)]
pub struct DnsCredentialDetail {
    id: i64,
    name: String,
    provider: String,
    /// The fields that are no secret.
    fields: BTreeMap<String, String>,
    /// The zone it is for; null when that of each record is looked up.
    zone: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<DnsCredential> for DnsCredentialDetail {
    fn from(credential: DnsCredential) -> Self {
        Self {
            id: credential.id.0,
            name: credential.name,
            provider: credential.provider,
            fields: credential.fields,
            zone: credential.zone,
            created_at: credential.created_at,
            updated_at: credential.updated_at,
        }
    }
}
