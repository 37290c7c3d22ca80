//! The `Vault` port on the `Store` port.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::aead::LessSafeKey;
use domain::ports::{
    Attribute, Entropy, Expect, Item, Key, Page, PageToken, Query, SecretName, Store, StoreError, Table, Vault,
    VaultError, Write,
};
use secrecy::SecretString;
use serde_json::Value;

use crate::sealing::{seal, unseal};

/// Secrets, each in the partition of its family: what its name has before the first `/`. On AWS a function may be
/// held to the families it works with.
pub static SECRETS: Table = Table {
    name: "vault_secrets",
    partition: Attribute::text("family"),
    sort: Some(Attribute::text("name")),
    indexes: &[],
    ttl: None,
};

/// The attribute with the version that is current.
pub(crate) const CURRENT: &str = "current";

/// The attribute with the version before it.
const PREVIOUS: &str = "previous";

/// Where the key of a vault comes from.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The key, for AES-256-GCM. Asked for at every use: a source that has to fetch it remembers it.
    async fn key(&self) -> Result<Arc<LessSafeKey>, VaultError>;
}

/// A key that is at hand.
#[async_trait]
impl KeySource for Arc<LessSafeKey> {
    async fn key(&self) -> Result<Arc<LessSafeKey>, VaultError> {
        Ok(Self::clone(self))
    }
}

/// Secrets in the table [`SECRETS`] of a store, under AES-256-GCM.
pub struct SealedVault {
    store: Arc<dyn Store>,
    keys: Arc<dyn KeySource>,
    entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for SealedVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedVault").finish_non_exhaustive()
    }
}

impl SealedVault {
    /// A vault in a store that has the table [`SECRETS`].
    pub fn new(store: Arc<dyn Store>, keys: Arc<dyn KeySource>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, keys, entropy }
    }

    async fn row(&self, name: &SecretName) -> Result<Option<Item>, VaultError> {
        self.store.get(&SECRETS, key_of(name)).await.map_err(failed)
    }

    async fn version(&self, name: &SecretName, version: &str) -> Result<Option<SecretString>, VaultError> {
        let row = self.row(name).await?;
        let Some(sealed) = row.as_ref().and_then(|row| row.get(version)).and_then(Value::as_str) else {
            return Ok(None);
        };
        unseal(self.keys.key().await?.as_ref(), &name.0, sealed).map(Some)
    }

    async fn seal(&self, name: &SecretName, value: &SecretString) -> Result<String, VaultError> {
        seal(self.keys.key().await?.as_ref(), self.entropy.as_ref(), name, value)
    }

    /// One page of the rows that may have names with the prefix.
    async fn page(&self, prefix: &str, after: Option<PageToken>) -> Result<Page, VaultError> {
        let page = match prefix.split_once('/') {
            Some((family, _)) if !family.is_empty() => {
                self.store.query(Query { after, ..Query::of(&SECRETS, family) }).await
            }
            // The families that start with it are not known.
            _ => self.store.scan(&SECRETS, after).await,
        };
        page.map_err(failed)
    }
}

#[async_trait]
impl Vault for SealedVault {
    async fn put(&self, name: &SecretName, value: &SecretString) -> Result<(), VaultError> {
        let sealed = self.seal(name, value).await?;
        loop {
            let stored = self.row(name).await?;
            if stored.as_ref().is_some_and(|row| holds(row, &sealed)) {
                // An earlier round wrote it, and its answer was lost.
                return Ok(());
            }
            let rev = stored.as_ref().and_then(|row| row.get("rev")).and_then(Value::as_u64);
            let mut item = row_of(name, &sealed, rev.unwrap_or(0) + 1);
            if let Some(replaced) = stored.and_then(|mut row| row.remove(CURRENT)) {
                item.insert(PREVIOUS.into(), replaced);
            }
            let expect = rev.map_or(Expect::Absent, Expect::Rev);
            match self.store.write(Write::Put { table: &SECRETS, item, expect }).await {
                Ok(()) => return Ok(()),
                // Somebody else put a version meanwhile: it becomes the previous one.
                Err(StoreError::Unexpected { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }

    async fn create(&self, name: &SecretName, value: &SecretString) -> Result<bool, VaultError> {
        let sealed = self.seal(name, value).await?;
        let item = row_of(name, &sealed, 1);
        match self.store.write(Write::Put { table: &SECRETS, item, expect: Expect::Absent }).await {
            Ok(()) => Ok(true),
            // What is in the way may be our own, written by an attempt whose answer was lost.
            Err(StoreError::Unexpected { .. }) => Ok(self.row(name).await?.is_some_and(|row| holds(&row, &sealed))),
            Err(error) => Err(failed(error)),
        }
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretString>, VaultError> {
        self.version(name, CURRENT).await
    }

    async fn previous(&self, name: &SecretName) -> Result<Option<SecretString>, VaultError> {
        self.version(name, PREVIOUS).await
    }

    async fn delete(&self, name: &SecretName) -> Result<(), VaultError> {
        let write = Write::Delete { table: &SECRETS, key: key_of(name), expect: Expect::Any };
        self.store.write(write).await.map_err(failed)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<SecretName>, VaultError> {
        let mut names = Vec::new();
        let mut after = None;
        loop {
            let page = self.page(prefix, after).await?;
            let found = page.items.iter().filter_map(|row| row.get("name")?.as_str());
            names.extend(found.filter(|name| name.starts_with(prefix)).map(str::to_owned));
            after = page.next;
            if after.is_none() {
                names.sort_unstable();
                return Ok(names.into_iter().map(SecretName).collect());
            }
        }
    }
}

fn family(name: &SecretName) -> &str {
    match name.0.split_once('/') {
        Some((family, _)) if !family.is_empty() => family,
        _ => &name.0,
    }
}

fn key_of(name: &SecretName) -> Key {
    Key::pair(family(name), name.0.as_str())
}

fn row_of(name: &SecretName, sealed: &str, rev: u64) -> Item {
    Item::from_iter([
        (SECRETS.partition.name.into(), family(name).into()),
        ("name".into(), name.0.as_str().into()),
        (CURRENT.into(), sealed.into()),
        ("rev".into(), rev.into()),
    ])
}

/// Two versions are never sealed alike, not even of the same secret.
fn holds(row: &Item, sealed: &str) -> bool {
    row.get(CURRENT).and_then(Value::as_str) == Some(sealed)
}

fn failed(error: StoreError) -> VaultError {
    VaultError(error.to_string())
}
