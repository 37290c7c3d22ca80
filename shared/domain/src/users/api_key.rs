use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Session, User, login};
use crate::entity::Stored;
use crate::ids::UserId;
use crate::ports::{Entropy, EntropyExt};
use crate::{Context, Error, Result};

/// An API key: 64 hex characters. The first 16 find its user (they are the user's id), the other 48 are random.
/// Only its SHA-256 is stored, so it can be shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// A new key for a user.
    pub(super) fn new(user: UserId, entropy: &dyn Entropy) -> Self {
        Self(format!("{:016x}{}", user.0, entropy.hex::<24>()))
    }

    /// Reads a key as a caller sent it; `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_key = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_key.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The user the key would belong to.
    pub(super) fn user(&self) -> Option<UserId> {
        i64::from_str_radix(self.0.get(..16)?, 16).ok().map(UserId)
    }

    /// What is stored of it.
    pub(super) fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }

    /// Whether this is the key with that hash; takes the same time wherever they differ.
    pub(super) fn has_hash(&self, hash: &str) -> bool {
        self.hash().as_bytes().ct_eq(hash.as_bytes()).into()
    }

    /// The key itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// How somebody shows that it is them who ask, and not whoever found their token or key.
#[derive(Clone, Copy)]
pub struct Confirmation<'a> {
    /// Their password.
    pub password: Option<&'a str>,
    /// The session they come with: the password is not asked for shortly after the login.
    pub session: Option<&'a Session>,
    /// Where they come from.
    pub source: &'a str,
}

/// Gives the user a new API key; the old one is refused from now on.
pub async fn regenerate_key(ctx: &Context, user: &mut Stored<User>, by: Confirmation<'_>) -> Result<ApiKey> {
    match by.password {
        Some(password) => login::confirm(ctx, user, password, by.source).await?,
        None if by.session.is_some_and(|session| session.is_fresh(ctx.clock.now())) => {}
        None => {
            return Err(Error::Forbidden(
                "send your password as current_password, or log in again: without it the login must be at most 10 \
                 minutes old"
                    .into(),
            ));
        }
    }
    let key = ApiKey::new(user.value.id, ctx.entropy.as_ref());
    user.value.api_key_hash = key.hash();
    user.value.updated_at = ctx.clock.now();
    user.save(ctx.store.as_ref()).await?;
    Ok(key)
}
