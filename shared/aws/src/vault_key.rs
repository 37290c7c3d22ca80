//! The key of the vault, made from the one secret in Secrets Manager.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use domain::ports::VaultError;
use secrecy::zeroize::Zeroizing;
use tokio::sync::OnceCell;
use vault::KeySource;

use crate::connection::Connection;
use crate::fault::{code, words};

/// What the key is for, and how it is made: another way to make it would have another number.
const PURPOSE: &[u8] = b"steward vault key 1";

/// Less than this is no secret that a stack made.
const SHORTEST: usize = 32;

/// Fetches the key once.
#[derive(Debug)]
pub(crate) struct VaultKey {
    connection: Arc<Connection>,
    key: OnceCell<Arc<LessSafeKey>>,
}

impl VaultKey {
    pub(crate) fn new(connection: Arc<Connection>) -> Self {
        Self { connection, key: OnceCell::new() }
    }

    async fn fetch(&self) -> Result<Arc<LessSafeKey>, VaultError> {
        let name = format!("{}/vault-key", self.connection.stack());
        let answer = self.connection.secrets_manager().get_secret_value().secret_id(&name).send().await;
        let answer = answer.map_err(|error| match code(&error) {
            Some("ResourceNotFoundException") => VaultError(format!(
                "there is no secret {name} in Secrets Manager; deploy the stack, which makes it. If it was deleted, \
                 restore it: a new one opens nothing that is stored"
            )),
            _ => VaultError(format!("the secret {name} cannot be read: {}", words(&error))),
        })?;
        let text = Zeroizing::new(answer.secret_string.unwrap_or_default());
        derive(&text).ok_or_else(|| {
            VaultError(format!("the secret {name} is not what the stack made: at least {SHORTEST} characters of text"))
        })
    }
}

#[async_trait]
impl KeySource for VaultKey {
    async fn key(&self) -> Result<Arc<LessSafeKey>, VaultError> {
        self.key.get_or_try_init(|| self.fetch()).await.map(Arc::clone)
    }
}

fn derive(text: &str) -> Option<Arc<LessSafeKey>> {
    if text.len() < SHORTEST {
        return None;
    }
    let secret = Salt::new(HKDF_SHA256, &[]).extract(text.as_bytes());
    let key = UnboundKey::from(secret.expand(&[PURPOSE], &AES_256_GCM).ok()?);
    Some(Arc::new(LessSafeKey::new(key)))
}
