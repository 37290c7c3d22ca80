//! Private keys and certificate signing requests.

use domain::certificates::KeyType;
use domain::names::DomainName;
use domain::{Error, Result};
use rcgen::{CertificateParams, DistinguishedName, KeyPair, RsaKeySize};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use crate::blocking;

/// Makes a new private key of a kind; PKCS#8 PEM (RFC 5958).
pub async fn generate(kind: KeyType) -> Result<SecretString> {
    blocking::run(move || {
        let made = match kind {
            KeyType::EcP256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
            KeyType::EcP384 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384),
            KeyType::Rsa2048 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048),
            KeyType::Rsa4096 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_4096),
        };
        let pair = made.map(Zeroizing::new).map_err(|e| Error::Internal(format!("making a key: {e}")))?;
        Ok(SecretString::from(pair.serialize_pem()))
    })
    .await
}

/// Makes a certificate signing request for the names, signed with the key; DER (RFC 2986). Every name is a subject
/// alternative name and the subject is empty: CAs take the names from there only.
pub async fn csr(key_pem: &SecretString, names: &[DomainName]) -> Result<Vec<u8>> {
    let key_pem = key_pem.clone();
    let names: Vec<_> = names.iter().map(|name| name.as_str().to_owned()).collect();
    blocking::run(move || {
        let pair = read(&key_pem)?;
        let failed = |e: rcgen::Error| Error::Internal(format!("making a certificate request: {e}"));
        let mut params = CertificateParams::new(names).map_err(failed)?;
        params.distinguished_name = DistinguishedName::new();
        Ok(params.serialize_request(&*pair).map_err(failed)?.der().to_vec())
    })
    .await
}

/// Reads a private key that is not encrypted: PKCS#8, PKCS#1 or SEC1, PEM. Never quotes what it read.
pub(crate) fn read(key_pem: &SecretString) -> Result<Zeroizing<KeyPair>> {
    let wrong = || Error::invalid("key", "must be a PEM private key that is not encrypted");
    let blocks = pem::parse_many(key_pem.expose_secret()).map_err(|_| wrong())?;
    let block = blocks.into_iter().find(|block| block.tag().ends_with("PRIVATE KEY")).ok_or_else(wrong)?;
    let der = Zeroizing::new(block.into_contents());
    KeyPair::try_from(der.as_slice()).map(Zeroizing::new).map_err(|_| wrong())
}
