//! Keys to log in with.

use domain::ports::{HostKey, LoginKey, RemoteError};
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::{Algorithm, Error, HashAlg, PrivateKey, PublicKey, decode_secret_key};
use secrecy::{ExposeSecret, SecretString};

/// What follows the key in `authorized_keys`.
const COMMENT: &str = "steward";
/// What NIST SP 800-57 has as the least, and OpenSSH too.
const RSA_BITS: u32 = 2048;

/// An Ed25519 key from its seed (RFC 8032 §5.1.5).
pub(crate) fn from_seed(seed: &[u8; 32]) -> Result<LoginKey, RemoteError> {
    let pair = KeypairData::Ed25519(Ed25519Keypair::from_seed(seed));
    let key = PrivateKey::new(pair, COMMENT).map_err(|error| RemoteError::Invalid(error.to_string()))?;
    login_key(&key)
}

/// Reads a key that somebody gives.
pub(crate) fn given(text: &SecretString) -> Result<LoginKey, RemoteError> {
    let mut key = read(text)?;
    match key.algorithm() {
        Algorithm::Ed25519 | Algorithm::Ecdsa { .. } => {}
        Algorithm::Rsa { .. } if rsa_bits(key.public_key()) >= RSA_BITS => {}
        Algorithm::Rsa { .. } => return Err(invalid("is an RSA key of fewer than 2048 bits; give a longer one")),
        other => {
            let reason = format!("is a key of the kind {other}; Ed25519, ECDSA and RSA keys are taken");
            return Err(RemoteError::Invalid(reason));
        }
    }
    key.set_comment(COMMENT);
    login_key(&key)
}

/// Reads a key that was read before, or is refused in plain words.
pub(crate) fn read(text: &SecretString) -> Result<PrivateKey, RemoteError> {
    let encrypted = || invalid("is encrypted; give one without a passphrase (ssh-keygen -p -N '' takes it off)");
    // russh takes the type from a line without spaces around it.
    let lines: Vec<&str> = text.expose_secret().lines().map(str::trim).collect();
    let text = SecretString::from(lines.join("\n"));
    let is_encrypted = ["BEGIN ENCRYPTED PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"]
        .iter()
        .any(|word| text.expose_secret().contains(word));
    if is_encrypted {
        return Err(encrypted());
    }
    match decode_secret_key(text.expose_secret(), None) {
        Ok(key) if key.is_encrypted() => Err(encrypted()),
        Ok(key) => Ok(key),
        Err(Error::KeyIsEncrypted) => Err(encrypted()),
        Err(_) => Err(invalid("must be a private key in PEM: OpenSSH's format, PKCS#8, PKCS#1 or SEC1")),
    }
}

fn login_key(key: &PrivateKey) -> Result<LoginKey, RemoteError> {
    let failed = |error: russh::keys::ssh_key::Error| RemoteError::Invalid(error.to_string());
    let private = key.to_openssh(LineEnding::LF).map_err(failed)?;
    Ok(LoginKey {
        private: SecretString::from(private.as_str()),
        public: key.public_key().to_openssh().map_err(failed)?,
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
    })
}

/// What is kept of a host key.
pub(crate) fn host_key(key: &PublicKey) -> HostKey {
    HostKey { algorithm: algorithm(&key.algorithm()), fingerprint: key.fingerprint(HashAlg::Sha256).to_string() }
}

/// The name of the kind of key, without the hash that it signs with.
pub(crate) fn algorithm(algorithm: &Algorithm) -> String {
    match algorithm {
        Algorithm::Rsa { .. } => "ssh-rsa".to_owned(),
        other => other.to_string(),
    }
}

fn rsa_bits(key: &PublicKey) -> u32 {
    key.key_data().rsa().map_or(0, |rsa| rsa.key_size())
}

fn invalid(reason: &str) -> RemoteError {
    RemoteError::Invalid(reason.to_owned())
}
