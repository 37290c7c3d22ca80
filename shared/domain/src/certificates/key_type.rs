use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The kind of a certificate's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyType {
    /// ECDSA on P-256.
    #[serde(rename = "ECC")]
    EcP256,
    /// ECDSA on P-384.
    #[serde(rename = "ECC-384")]
    EcP384,
    /// RSA, 2048 bits.
    #[serde(rename = "RSA")]
    Rsa2048,
    /// RSA, 4096 bits.
    #[serde(rename = "RSA-4096")]
    Rsa4096,
}

impl KeyType {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::EcP256, Self::EcP384, Self::Rsa2048, Self::Rsa4096];

    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EcP256 => "ECC",
            Self::EcP384 => "ECC-384",
            Self::Rsa2048 => "RSA",
            Self::Rsa4096 => "RSA-4096",
        }
    }

    /// Reads the API's word, in any case.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| Error::invalid(field, "must be one of ECC, ECC-384, RSA, RSA-4096"))
    }
}
