//! Credentials at DNS providers, for records that Steward makes by itself.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod test;
pub mod update;

use std::collections::BTreeMap;

use domain::dns_credentials::DnsCredential;
use serde::Serialize;
use steward_http::Time;
use utoipa::ToSchema;

use crate::schema::DnsCredentialName;

/// A credential, without its secret fields.
#[derive(Serialize, ToSchema)]
pub struct DnsCredentialDetail {
    id: i64,
    #[schema(value_type = DnsCredentialName)]
    name: String,
    provider: String,
    /// The fields that are no secret.
    fields: BTreeMap<String, String>,
    /// The zone it is for; null when that of each record is looked up.
    zone: Option<String>,
    created_at: Time,
    updated_at: Time,
}

impl From<DnsCredential> for DnsCredentialDetail {
    fn from(credential: DnsCredential) -> Self {
        Self {
            id: credential.id.0,
            name: credential.name,
            provider: credential.provider,
            fields: credential.fields,
            zone: credential.zone,
            created_at: credential.created_at.into(),
            updated_at: credential.updated_at.into(),
        }
    }
}
