use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use domain::targets::TargetPolicy;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::resolver::Refusal;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The policy refuses the address.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The name has no address.
    #[error("{host} has no address: {reason}")]
    Unresolved {
        /// The host that was named.
        host: String,
        /// What the system said.
        reason: String,
    },
    /// The address did not take the connection.
    #[error("{address} cannot be connected to: {reason}")]
    Connect {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        reason: io::Error,
    },
    /// There was no answer in time.
    #[error("{address} did not answer within {} s", within.as_secs_f64())]
    Late {
        /// Where.
        address: SocketAddr,
        /// The time given.
        within: Duration,
    },
}

/// Makes TCP connections to addresses that the policy permits.
#[derive(Clone, Debug)]
pub struct Dialler {
    policy: Arc<TargetPolicy>,
}

impl Dialler {
    /// A dialler that connects to what the policy permits.
    pub fn new(policy: Arc<TargetPolicy>) -> Self {
        Self { policy }
    }

    /// One that connects only to networks that the operator named: for what would send a secret in plain text.
    #[must_use]
    pub fn in_house(&self) -> Self {
        Self { policy: Arc::new(self.policy.listed_only()) }
    }

    /// The permitted addresses of a host: itself where it is an address. A host with none but refused ones is refused.
    pub async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, DialError> {
        let unresolved = |reason: String| DialError::Unresolved { host: host.to_owned(), reason };
        let found: Vec<IpAddr> = match host.trim_matches(['[', ']']).parse() {
            Ok(address) => vec![address],
            Err(_) => {
                let answers = tokio::net::lookup_host((host, 0)).await.map_err(|e| unresolved(e.to_string()))?;
                answers.map(|address| address.ip()).collect()
            }
        };
        let (mut permitted, refused): (Vec<_>, Vec<_>) = found.into_iter().partition(|ip| self.policy.permits(*ip));
        permitted.dedup();
        match (permitted.is_empty(), refused.first()) {
            (false, _) => Ok(permitted),
            (true, Some(address)) => Err(Refusal { host: host.to_owned(), address: *address }.into()),
            (true, None) => Err(unresolved("it resolves to nothing".into())),
        }
    }

    /// Connects to one address.
    pub async fn connect_to(&self, address: SocketAddr, within: Duration) -> Result<TcpStream, DialError> {
        if !self.policy.permits(address.ip()) {
            return Err(Refusal { host: address.ip().to_string(), address: address.ip() }.into());
        }
        let stream = timeout(within, TcpStream::connect(address))
            .await
            .map_err(|_| DialError::Late { address, within })?
            .map_err(|reason| DialError::Connect { address, reason })?;
        stream.set_nodelay(true).map_err(|reason| DialError::Connect { address, reason })?;
        Ok(stream)
    }

    /// Connects to the first address of a host that takes the connection; each has `within` to do so.
    pub async fn connect(&self, host: &str, port: u16, within: Duration) -> Result<TcpStream, DialError> {
        let mut last = None;
        for address in self.resolve(host).await? {
            match self.connect_to(SocketAddr::new(address, port), within).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Some(error),
            }
        }
        let none = || DialError::Unresolved { host: host.to_owned(), reason: "it resolves to nothing".into() };
        Err(last.unwrap_or_else(none))
    }
}
