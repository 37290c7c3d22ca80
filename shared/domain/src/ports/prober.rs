//! The `Prober` port: what a TLS server says of itself.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is spoken before TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartTls {
    /// SMTP (RFC 3207).
    Smtp,
    /// IMAP (RFC 9051 §6.2.1).
    Imap,
}

/// Which certificate a server is asked for: many have one with an RSA key and one with an ECDSA key for the same name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyAsked {
    /// The one that the server prefers.
    #[default]
    Any,
    /// The one with an RSA key.
    Rsa,
    /// The one with an ECDSA or EdDSA key.
    Ecdsa,
}

/// One address of a TLS server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The name asked for (SNI, RFC 6066 §3), without `*.`; or the address itself.
    pub host: String,
    /// Where to connect.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// What is spoken before TLS.
    pub starttls: Option<StartTls>,
    /// Which certificate.
    pub key: KeyAsked,
}

/// A TLS version that was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TlsVersion {
    /// RFC 2246, which nobody should use (RFC 8996).
    #[serde(rename = "TLSv1.0")]
    Tls10,
    /// RFC 4346, which nobody should use (RFC 8996).
    #[serde(rename = "TLSv1.1")]
    Tls11,
    /// RFC 5246.
    #[serde(rename = "TLSv1.2")]
    Tls12,
    /// RFC 8446.
    #[serde(rename = "TLSv1.3")]
    Tls13,
}

/// The kind of a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyKind {
    /// RSA (RFC 8017).
    #[serde(rename = "RSA")]
    Rsa,
    /// An elliptic curve for ECDSA, or Ed25519 and its kin.
    #[serde(rename = "ECC")]
    Ecc,
    /// Another.
    #[serde(rename = "other")]
    Other,
}

impl KeyAsked {
    /// How to ask for the certificate with a key of this kind.
    pub fn for_kind(kind: KeyKind) -> Self {
        match kind {
            KeyKind::Rsa => Self::Rsa,
            KeyKind::Ecc => Self::Ecdsa,
            KeyKind::Other => Self::Any,
        }
    }
}

/// What a certificate says of itself (RFC 5280 §4.1), whether or not it is true. Texts that are too long are cut; what is
/// cut ends with `…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The DNS names it is for (subject alternative names), lower case.
    pub names: Vec<String>,
    /// The addresses it is for.
    pub addresses: Vec<IpAddr>,
    /// Whose it is.
    pub subject: String,
    /// The organization in that, as OV and EV certificates have one.
    pub organization: Option<String>,
    /// Who signed it.
    pub issuer: String,
    /// The policies it claims to follow, as dotted OIDs (RFC 5280 §4.2.1.4).
    pub policies: Vec<String>,
    /// Start of validity.
    pub valid_from: Timestamp,
    /// End of validity.
    pub valid_to: Timestamp,
    /// The kind of its key.
    pub key_kind: KeyKind,
    /// The length of its key, bits.
    pub key_bits: u32,
    /// How it is signed, e.g. `ecdsa-with-SHA384`.
    pub signature: String,
    /// Serial number, hex.
    pub serial: String,
    /// SHA-256, hex.
    pub fingerprint: String,
}

impl TlsVersion {
    /// Every version.
    pub const ALL: [Self; 4] = [Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13];

    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tls10 => "TLSv1.0",
            Self::Tls11 => "TLSv1.1",
            Self::Tls12 => "TLSv1.2",
            Self::Tls13 => "TLSv1.3",
        }
    }
}

/// A certificate above the leaf that the chain needs, and that ends before the leaf does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEnd {
    /// Whose certificate it is.
    pub subject: String,
    /// When it ends.
    pub valid_to: Timestamp,
}

/// A chain that leads to a trusted root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trusted {
    /// What ends before the leaf, if anything: from then on the chain is not trusted.
    pub ends: Option<ChainEnd>,
}

/// What a server showed. It shows it whatever the certificate is; whether that is to be trusted is said beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// The certificates as they were sent, DER, the leaf first; never empty.
    pub chain: Vec<Vec<u8>>,
    /// What the leaf says.
    pub leaf: CertificateFacts,
    /// The version agreed on.
    pub version: TlsVersion,
    /// The cipher suite agreed on, by its IANA name.
    pub cipher: String,
    /// Whether the chain leads to a public root that is trusted (names and the leaf's dates aside); if not, why.
    pub trust: Result<Trusted, String>,
    /// Whether the server proved that it has the key of the leaf. If that could not be checked, why; a wrong proof is
    /// [`ProbeError::WrongKey`].
    pub proof: Result<(), String>,
    /// Whether the server asks visitors for a certificate of their own.
    pub asks_for_certificate: bool,
}

/// Why nothing was shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// The policy does not let Steward connect there.
    #[error("{0}")]
    Refused(String),
    /// The name has no address of the kind asked for.
    #[error("{0}")]
    Unresolved(String),
    /// Nobody took the connection, or answered, in time.
    #[error("{0}")]
    Unreachable(String),
    /// The connection is taken, and what takes it does not speak TLS, or hangs up without a word, as a port does that
    /// wants the PROXY protocol. What visitors see there cannot be verified from here.
    #[error("{0}")]
    NotTls(String),
    /// The server shows a certificate whose key it does not have.
    #[error("{0}")]
    WrongKey(String),
    /// Somebody answers there, and TLS could not be agreed on.
    #[error("{0}")]
    Tls(String),
}

/// Looks at TLS servers.
#[async_trait]
pub trait Prober: Send + Sync + fmt::Debug {
    /// The addresses of a host, IPv4 and IPv6, as far as the policy permits them.
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, ProbeError>;

    /// Shakes hands with one address within this time, everything together, and hangs up. Where no handshake can be
    /// agreed on, reads as far as the certificate that TLS 1.0 to 1.2 show in plain text: then the proof is missing.
    async fn handshake(&self, endpoint: &Endpoint, within: Duration) -> Result<Handshake, ProbeError>;

    /// Whether a chain leads to one of these roots (PEM), or its leaf is among them; if not, why. Says so too when the
    /// text is not PEM certificates. Names and the leaf's dates are not looked at.
    fn trust(&self, chain: &[Vec<u8>], roots_pem: &str) -> Result<Trusted, String>;

    /// Whether a text holds PEM certificates that can be roots, and nothing else that is PEM; if not, why.
    fn check_roots(&self, roots_pem: &str) -> Result<(), String>;
}
