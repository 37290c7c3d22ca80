use domain::{Error, Result};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::keys;

/// A password that a PKCS#12 file can have (RFC 7292 §B.1: UTF-16 without surrogates).
pub(super) fn checked(password: Option<&SecretString>) -> Result<&SecretString> {
    let password = password
        .filter(|password| !password.expose_secret().is_empty())
        .ok_or_else(|| Error::invalid("password", "must be given for the format pfx: it protects the private key"))?;
    if password.expose_secret().chars().any(|c| c == '\0' || u32::from(c) > 0xffff) {
        return Err(Error::invalid("password", "must not contain emoji or other characters beyond U+FFFF"));
    }
    Ok(password)
}

/// A PKCS#12 file (RFC 7292), AES-256 and HMAC-SHA-256: what OpenSSL 3, Java since 8u301 and Windows since 2019 read.
pub(super) fn write(alias: &str, chain: &[Vec<u8>], key: &SecretString, password: &SecretString) -> Result<Vec<u8>> {
    let failed = |e: p12_keystore::error::Error| Error::Internal(format!("writing a PKCS#12 file: {e}"));
    let key = PrivateKey::from_der(keys::read(key)?.serialized_der()).map_err(failed)?;
    let certificates =
        chain.iter().map(|der| Certificate::from_der(der).map_err(failed)).collect::<Result<Vec<_>>>()?;
    let id = Sha256::digest(&chain[0]);
    let mut store = KeyStore::new();
    store.add_entry(alias, KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(&id[..20], key, certificates)));
    store.writer(password.expose_secret()).write().map_err(failed)
}
