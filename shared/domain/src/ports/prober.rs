//! The `Prober` port: what a TLS server says of itself.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
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

/// One address of a TLS server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The name asked for (SNI, RFC 6066 §3), without `*.`.
    pub host: String,
    /// Where to connect.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// What is spoken before TLS.
    pub starttls: Option<StartTls>,
}

/// A TLS version that was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TlsVersion {
    /// RFC 5246.
    #[serde(rename = "TLSv1.2")]
    Tls12,
    /// RFC 8446.
    #[serde(rename = "TLSv1.3")]
    Tls13,
}

/// A completed handshake. It completes whatever the certificate is; whether that is to be trusted is said beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// The certificates as they were sent, DER, the leaf first; never empty.
    pub chain: Vec<Vec<u8>>,
    /// The version agreed on.
    pub version: TlsVersion,
    /// The cipher suite agreed on, by its IANA name.
    pub cipher: String,
    /// Whether the chain leads to a root that is trusted (names and dates aside); if not, why.
    pub trust: Result<(), String>,
}

/// Why there was no handshake.
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
    /// Somebody answers there, and TLS could not be agreed on.
    #[error("{0}")]
    Tls(String),
}

/// Looks at TLS servers.
#[async_trait]
pub trait Prober: Send + Sync + fmt::Debug {
    /// The addresses of a host, IPv4 and IPv6, as far as the policy permits them.
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, ProbeError>;

    /// Shakes hands with one address within this time, everything together, and hangs up.
    async fn handshake(&self, endpoint: &Endpoint, within: Duration) -> Result<Handshake, ProbeError>;
}
