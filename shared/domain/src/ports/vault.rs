//! The `Vault` port: secrets by name, with the version before.

use std::fmt;

use async_trait::async_trait;
use secrecy::SecretString;

/// The name of a secret, e.g. `certificates/12/key`. Never itself a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct SecretName(pub String);

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a vault call did not do its work. Says nothing of the secret.
#[derive(Debug, thiserror::Error)]
#[error("the vault failed: {0}")]
pub struct VaultError(pub String);

/// Where secrets live: encrypted rows of the store, under a key that is not in it.
#[async_trait]
pub trait Vault: Send + Sync + fmt::Debug {
    /// Stores a secret; what was current becomes previous.
    async fn put(&self, name: &SecretName, value: &SecretString) -> Result<(), VaultError>;

    /// Stores a secret unless there is one of this name; says whether it did. Of several callers at once, one does.
    async fn create(&self, name: &SecretName, value: &SecretString) -> Result<bool, VaultError>;

    /// The current version.
    async fn get(&self, name: &SecretName) -> Result<Option<SecretString>, VaultError>;

    /// The version before the current one.
    async fn previous(&self, name: &SecretName) -> Result<Option<SecretString>, VaultError>;

    /// Removes both versions; removing what is not there succeeds.
    async fn delete(&self, name: &SecretName) -> Result<(), VaultError>;

    /// The names that start with `prefix`, in order.
    async fn list(&self, prefix: &str) -> Result<Vec<SecretName>, VaultError>;
}
