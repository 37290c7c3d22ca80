use std::fmt;

use async_trait::async_trait;

/// What one name server said of a TXT name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAnswer {
    /// The server asked, as `name (ip:port)` or `ip:port`.
    pub server: String,
    /// The name the values were found under: the end of the CNAME chain.
    pub name: String,
    /// The TXT values, each with its strings joined; empty when there are none. An error is said in words.
    pub values: Result<Vec<String>, String>,
}

/// Why a name could not be looked up at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// No zone holds the name, or its zone cannot be resolved. The text says what was asked and answered.
    #[error("{0}")]
    NoZone(String),
    /// The lookup could not be made now.
    #[error("{0}")]
    Unavailable(String),
}

/// Looks names up where their zone says the truth is.
#[async_trait]
pub trait Dns: Send + Sync + fmt::Debug {
    /// The TXT values of `name` at each authoritative server of its zone, following CNAMEs to other zones.
    /// With a configured resolver, that one server's answer instead.
    async fn txt(&self, name: &str) -> Result<Vec<ServerAnswer>, DnsError>;
}
