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

/// Where a name leads: itself, and each name it is an alias of (CNAME, or what a DNAME makes of it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aliases {
    /// From the name asked about to the end of the chain; never empty.
    pub names: Vec<String>,
    /// Why the chain has no end: a loop, or too many aliases in a row.
    pub broken: Option<String>,
}

impl Aliases {
    /// Where the chain ends.
    pub fn end(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// Whether the name is an alias at all.
    pub fn is_alias(&self) -> bool {
        self.names.len() > 1
    }
}

/// A CAA record (RFC 8659 §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaaRecord {
    /// Whether a CA that does not know the tag must not issue.
    pub critical: bool,
    /// What it is about, in lower case, e.g. `issue`.
    pub tag: String,
    /// What it says, as it is there.
    pub value: String,
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

    /// The zone that holds `name`, through the resolvers: the closest SOA record at or above it, other than a top-level
    /// domain's. [`DnsError::NoZone`] only when a server said that there is none.
    async fn zone(&self, name: &str) -> Result<String, DnsError>;

    /// The names that `name` is an alias of, one after the other, through the resolvers.
    async fn aliases(&self, name: &str) -> Result<Aliases, DnsError>;

    /// The CAA records of this very name, or of what it is an alias of, through the resolvers (`CAA(X)` of RFC 8659
    /// §3); climbing the tree is for the caller.
    async fn caa(&self, name: &str) -> Result<Vec<CaaRecord>, DnsError>;
}
