//! ACME providers and accounts (document 002).

pub mod budget;
mod create;
mod delete;
mod limits;
mod list;
mod provider;
mod set_default;
mod status;
mod wait;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use create::{NewAccount, create, reap, register};
pub use delete::delete;
pub use limits::{caa_identities, refuses_redundant_names};
pub use list::{Filter, list, of_owner};
pub use provider::{
    NewProvider, PROVIDER_NAME_MAX, PROVIDER_NAME_MIN, PROVIDERS, Provider, ROOT_CA_MAX, add_provider, display_name,
    find_provider, providers,
};
pub use set_default::set_default;
pub use status::{disable, enable};
pub use wait::{Scope, Wait, heed};

use crate::entity::Entity;
use crate::ids::{AccountId, ProviderId, UserId};
use crate::names::Email;
use crate::ports::{Attribute, CaAccount, Directory, Index, Item, Key, Projection, SecretName, Table, Vault};
use crate::{Error, Result};

/// Accounts, by owner.
pub static ACCOUNTS: Table = Table {
    name: "acme_accounts",
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

/// Which account is the default, for each owner and provider that has one: two cannot become the first at once.
pub static DEFAULT_ACCOUNTS: Table = Table {
    name: "acme_default_accounts",
    partition: Attribute::text("owner_provider"),
    sort: None,
    indexes: &[],
    ttl: None,
};

/// The default account of an owner at a provider; once there is one, there always is.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct DefaultAccount {
    owner: UserId,
    provider: ProviderId,
    account: AccountId,
}

impl DefaultAccount {
    fn key_of(owner: UserId, provider: ProviderId) -> Key {
        Key::of(format!("{owner}/{provider}"))
    }
}

impl Entity for DefaultAccount {
    const TABLE: &'static Table = &DEFAULT_ACCOUNTS;
    const NAME: &'static str = "default account";

    fn key(&self) -> Key {
        Self::key_of(self.owner, self.provider)
    }

    fn index(&self, item: &mut Item) {
        item.insert("owner_provider".into(), format!("{}/{}", self.owner, self.provider).into());
    }
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountStatus {
    /// It may.
    Active,
    /// An owner switched it off.
    Disabled,
    /// Its CA answered that it does not exist there any more, or was deactivated.
    Deactivated,
}

/// An account at a CA.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Whose it is.
    pub owner: UserId,
    /// The provider it is at.
    pub provider: ProviderId,
    /// The provider's name, which never changes.
    pub provider_name: String,
    /// Where that provider is reached.
    pub directory: Directory,
    /// The contact given to the CA.
    pub email: Email,
    /// Whether it may be used.
    pub status: AccountStatus,
    /// Whether orders at this provider use it when they name no account.
    pub is_default: bool,
    /// Its URL at the CA.
    pub account_url: String,
    /// How long the CA asks it to wait, and with which orders.
    #[serde(default)]
    pub waits: Vec<Wait>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Entity for Account {
    const TABLE: &'static Table = &ACCOUNTS;
    const NAME: &'static str = "account";

    fn key(&self) -> Key {
        Key::of(self.id.0)
    }
}

impl Account {
    /// The name of its key in the vault.
    pub fn secret(id: AccountId) -> SecretName {
        SecretName(format!("acme-accounts/{id}"))
    }

    /// What to do about one that its CA has deactivated.
    pub fn deactivated(&self) -> String {
        format!(
            "the CA has deactivated ACME account {}, or does not know it any more: register another with POST \
             /api/v1/acme/account/create, make it the default with POST /api/v1/acme/accounts/set-default, and order \
             with that one; if the CA knows account {} again, enable it with POST /api/v1/acme/accounts/enable",
            self.id, self.id
        )
    }

    /// The counter of the certificates that refer to it.
    pub fn references(id: AccountId) -> String {
        format!("acme-account-references/{id}")
    }

    /// The account with its key, to act with at the CA.
    pub async fn unlock(&self, vault: &dyn Vault) -> Result<CaAccount> {
        let credentials = vault
            .get(&Self::secret(self.id))
            .await?
            .ok_or_else(|| Error::Internal(format!("the key of ACME account {} is not in the vault", self.id)))?;
        Ok(CaAccount { id: self.id, directory: self.directory.clone(), credentials })
    }
}
