//! One version of a secret, as it is written.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ports::{Entropy, EntropyExt, Item, VaultError};
use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::sealed::{CURRENT, SECRETS};

/// The nonce, then the ciphertext and its tag, in base64. The name is bound to it: a row that is copied under
/// another name cannot be read there.
pub(crate) fn seal(
    key: &LessSafeKey,
    entropy: &dyn Entropy,
    name: impl fmt::Display,
    value: &SecretString,
) -> Result<String, VaultError> {
    let name = name.to_string();
    let nonce = entropy.bytes::<NONCE_LEN>();
    let plain = value.expose_secret().as_bytes();
    let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = key
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(name.as_bytes()),
            &mut sealed[NONCE_LEN..],
        )
        .map_err(|_| VaultError(format!("{name} cannot be encrypted")))?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(STANDARD.encode(sealed))
}

pub(crate) fn unseal(key: &LessSafeKey, name: &str, sealed: &str) -> Result<SecretString, VaultError> {
    let broken =
        || VaultError(format!("{name} cannot be decrypted; the vault's key and its rows do not belong together"));
    let mut sealed = STANDARD.decode(sealed).map_err(|_| broken())?;
    let (nonce, text) = sealed.split_at_mut_checked(NONCE_LEN).ok_or_else(broken)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
    let plain = key.open_in_place(nonce, Aad::from(name.as_bytes()), text).map_err(|_| broken())?;
    let secret = std::str::from_utf8(plain).map(SecretString::from).map_err(|_| broken());
    sealed.zeroize();
    secret
}

/// Whether the key is the one that this row of [`SECRETS`] was encrypted under.
pub fn opens(key: &LessSafeKey, row: &Item) -> bool {
    let text = |attribute: &str| row.get(attribute).and_then(Value::as_str);
    let name = SECRETS.sort.and_then(|sort| text(sort.name));
    name.zip(text(CURRENT)).is_some_and(|(name, sealed)| unseal(key, name, sealed).is_ok())
}
