//! Credentials at DNS providers, with which Steward makes records by itself. The secrets are in the vault only.

mod create;
mod delete;
mod fields;
mod providers;
mod rest;
mod test;
mod update;
mod zone;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use create::{NAME_MAX, NewDnsCredential, create};
pub use delete::delete;
pub use fields::{FIELD_MAX, access};
pub use providers::{DnsProvider, Field, FieldKind, PROVIDERS, Writes, provider};
pub(crate) use rest::note;
pub use rest::{Rest, awake};
pub use test::{test, try_out};
pub use update::{DnsCredentialChange, update};
pub use zone::{encloses, parse_zone};

use crate::Result;
use crate::entity::{self, Entity, Stored};
use crate::ids::{DnsCredentialId, UserId};
use crate::ports::{Attribute, Index, Key, Projection, Query, SecretName, Store, Table};
use crate::users::Owned;

/// Credentials, by owner.
pub static DNS_CREDENTIALS: Table = Table {
    name: "dns_credentials",
    partition: Attribute::number("id"),
    sort: None,
    indexes: &[Index {
        name: "by_owner",
        partition: Attribute::number("owner"),
        sort: Attribute::number("id"),
        projection: Projection::All,
    }],
    ttl: None,
};

/// The most credentials one owner has: they are listed together.
pub const DNS_CREDENTIALS_MAX: u32 = 100;

/// A credential at a DNS provider, without its secret fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DnsCredential {
    /// Its id.
    pub id: DnsCredentialId,
    /// Whose it is.
    pub owner: UserId,
    /// What the owner calls it.
    pub name: String,
    /// The provider, one of [`PROVIDERS`].
    pub provider: String,
    /// The fields that are no secret.
    pub fields: BTreeMap<String, String>,
    /// The zone it is for; without one, that of each record is looked up.
    pub zone: Option<String>,
    /// Its provider does not answer: it is left alone for a while.
    #[serde(default)]
    pub rest: Option<Rest>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Entity for DnsCredential {
    const TABLE: &'static Table = &DNS_CREDENTIALS;
    const NAME: &'static str = "DNS credential";

    fn key(&self) -> Key {
        Key::of(self.id.0)
    }
}

impl Owned for DnsCredential {
    fn owner(&self) -> UserId {
        self.owner
    }
}

impl DnsCredential {
    /// The name of its secret fields in the vault.
    pub fn secret(id: DnsCredentialId) -> SecretName {
        SecretName(format!("dns-credentials/{id}"))
    }

    /// The counter of what refers to it: certificates, the delegation zone, and records that are not removed yet.
    pub fn references(id: DnsCredentialId) -> String {
        format!("dns-credential-references/{id}")
    }

    /// The counter of an owner's credentials.
    pub fn total(owner: UserId) -> String {
        format!("dns-credentials/{owner}")
    }
}

/// Every credential of an owner, newest first. They are few: one call reads them, unless their fields are long.
pub async fn list(store: &dyn Store, owner: UserId) -> Result<Vec<DnsCredential>> {
    let mut query = Query::of(&DNS_CREDENTIALS, owner.0);
    query.index = Some("by_owner");
    query.descending = true;
    Ok(entity::every(store, query).await?.into_iter().map(|row| row.value).collect())
}

/// A credential that `owner` may use for their own names.
pub async fn of_owner(store: &dyn Store, owner: UserId, id: DnsCredentialId) -> Result<Stored<DnsCredential>> {
    let credential = entity::find::<DnsCredential>(store, Key::of(id.0)).await?;
    credential
        .filter(|credential| credential.value.owner == owner)
        .ok_or(crate::Error::NotFound { what: DnsCredential::NAME })
}
