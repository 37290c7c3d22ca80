//! The `Vault` port as encrypted rows of the embedded database.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ports::{
    Attribute, Entropy, EntropyExt, Expect, Item, Key, SecretName, Store, StoreError, Table, Vault, VaultError, Write,
};
use dynoxide::Database;
use dynoxide::actions::query::QueryRequest;
use dynoxide::errors::DynoxideError;
use dynoxide::types::AttributeValue;
use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::store::EmbeddedStore;
use crate::values::Attributes;

/// Secrets, all in one partition, where they are in the order of their names.
pub(crate) static SECRETS: Table = Table {
    name: "vault_secrets",
    partition: Attribute::text("vault"),
    sort: Some(Attribute::text("name")),
    indexes: &[],
    ttl: None,
};

/// The one partition of [`SECRETS`].
const PARTITION: &str = "secrets";

/// The attribute with the version that is current.
const CURRENT: &str = "current";

/// The attribute with the version before it.
const PREVIOUS: &str = "previous";

/// Secrets in the embedded database, under AES-256-GCM.
pub struct EmbeddedVault {
    store: EmbeddedStore,
    key: LessSafeKey,
    entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for EmbeddedVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedVault").finish_non_exhaustive()
    }
}

impl EmbeddedVault {
    pub(crate) fn new(store: EmbeddedStore, key: LessSafeKey, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, key, entropy }
    }

    async fn row(&self, name: &SecretName) -> Result<Option<Item>, VaultError> {
        self.store.get(&SECRETS, Key::pair(PARTITION, name.0.as_str())).await.map_err(failed)
    }

    async fn version(&self, name: &SecretName, version: &str) -> Result<Option<SecretString>, VaultError> {
        let row = self.row(name).await?;
        let sealed = row.as_ref().and_then(|row| row.get(version)).and_then(Value::as_str);
        sealed.map(|sealed| unseal(&self.key, &name.0, sealed)).transpose()
    }

    /// The nonce, then the ciphertext and its tag, in base64. The name is bound to it: a row that is copied under
    /// another name cannot be read there.
    fn seal(&self, name: &SecretName, value: &SecretString) -> Result<String, VaultError> {
        let nonce = self.entropy.bytes::<NONCE_LEN>();
        let plain = value.expose_secret().as_bytes();
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(name.0.as_bytes()),
                &mut sealed[NONCE_LEN..],
            )
            .map_err(|_| VaultError(format!("{name} cannot be encrypted")))?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(STANDARD.encode(sealed))
    }
}

#[async_trait]
impl Vault for EmbeddedVault {
    async fn put(&self, name: &SecretName, value: &SecretString) -> Result<(), VaultError> {
        let sealed = self.seal(name, value)?;
        loop {
            let stored = self.row(name).await?;
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
        let item = row_of(name, &self.seal(name, value)?, 1);
        match self.store.write(Write::Put { table: &SECRETS, item, expect: Expect::Absent }).await {
            Ok(()) => Ok(true),
            Err(StoreError::Unexpected { .. }) => Ok(false),
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
        let key = Key::pair(PARTITION, name.0.as_str());
        self.store.write(Write::Delete { table: &SECRETS, key, expect: Expect::Any }).await.map_err(failed)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<SecretName>, VaultError> {
        let mut names = Vec::new();
        let mut after = None;
        loop {
            let request = names_from(prefix, after);
            let response = self.store.engine().call(|database| database.query(request), Ok).await.map_err(failed)?;
            for mut row in response.items.unwrap_or_default() {
                if let Some(AttributeValue::S(name)) = row.remove("name") {
                    names.push(SecretName(name));
                }
            }
            after = response.last_evaluated_key;
            if after.is_none() {
                return Ok(names);
            }
        }
    }
}

fn row_of(name: &SecretName, sealed: &str, rev: u64) -> Item {
    Item::from_iter([
        (SECRETS.partition.name.into(), PARTITION.into()),
        ("name".into(), name.0.as_str().into()),
        (CURRENT.into(), sealed.into()),
        ("rev".into(), rev.into()),
    ])
}

/// Whether the database holds a secret, and the key opens it. `Ok(None)` when there is no secret yet.
pub(crate) fn opens(database: &Database, key: Option<&LessSafeKey>) -> Result<Option<bool>, DynoxideError> {
    let mut request = names_from("", None);
    (request.limit, request.projection_expression) = (Some(1), None);
    request.expression_attribute_names = Some(HashMap::from([partition_name()]));
    let Some(mut row) = database.query(request)?.items.unwrap_or_default().pop() else { return Ok(None) };
    let opens = match (key, row.remove("name"), row.remove(CURRENT)) {
        (Some(key), Some(AttributeValue::S(name)), Some(AttributeValue::S(sealed))) => {
            unseal(key, &name, &sealed).is_ok()
        }
        _ => false,
    };
    Ok(Some(opens))
}

/// The names that start with `prefix`, without the secrets.
fn names_from(prefix: &str, after: Option<Attributes>) -> QueryRequest {
    let mut condition = "#vault = :vault".to_owned();
    let mut values = HashMap::from([(":vault".to_owned(), AttributeValue::S(PARTITION.into()))]);
    // A key is never empty, nor may the start of one be.
    if !prefix.is_empty() {
        condition.push_str(" AND begins_with(#name, :prefix)");
        values.insert(":prefix".into(), AttributeValue::S(prefix.to_owned()));
    }
    QueryRequest {
        table_name: SECRETS.name.into(),
        key_condition_expression: Some(condition),
        projection_expression: Some("#name".into()),
        expression_attribute_names: Some(HashMap::from([partition_name(), ("#name".into(), "name".into())])),
        expression_attribute_values: Some(values),
        scan_index_forward: true,
        consistent_read: Some(true),
        exclusive_start_key: after,
        ..QueryRequest::default()
    }
}

fn partition_name() -> (String, String) {
    ("#vault".into(), SECRETS.partition.name.into())
}

fn unseal(key: &LessSafeKey, name: &str, sealed: &str) -> Result<SecretString, VaultError> {
    let broken =
        || VaultError(format!("{name} cannot be decrypted; the key file and the database do not belong together"));
    let mut sealed = STANDARD.decode(sealed).map_err(|_| broken())?;
    let (nonce, text) = sealed.split_at_mut_checked(NONCE_LEN).ok_or_else(broken)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
    let plain = key.open_in_place(nonce, Aad::from(name.as_bytes()), text).map_err(|_| broken())?;
    let secret = std::str::from_utf8(plain).map(SecretString::from).map_err(|_| broken());
    sealed.zeroize();
    secret
}

fn failed(error: StoreError) -> VaultError {
    VaultError(error.to_string())
}
