use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Aliases, CaaRecord, Dns, DnsError, ServerAnswer};
use domain::targets::TargetPolicy;
use hickory_resolver::proto::rr::Name;
use hickory_resolver::system_conf::read_system_conf;
use tokio::time::timeout;

use crate::answer::text;
use crate::walk::Walk;
use crate::{configured, own, recursive};

/// Where name servers listen.
const DNS: u16 = 53;

/// Enough for some slow servers, and less than any caller waits.
const WITHIN: Duration = Duration::from_secs(30);

/// Asks the authoritative name servers of a name's zone, or the one server that was configured.
#[derive(Clone, Debug)]
pub struct Authoritative {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Configured(SocketAddr, Walk),
    Zones(Walk),
}

impl Authoritative {
    /// Asks `resolver` (`STEWARD_DNS`) where there is one, whatever the policy says of it; else the name servers of
    /// each zone, as far as `policy` permits, found through the system's resolvers.
    pub fn new(resolver: Option<SocketAddr>, policy: TargetPolicy) -> Result<Self, DnsError> {
        match resolver {
            Some(server) => Ok(Self { source: Source::Configured(server, Walk::new(vec![server], DNS, policy)) }),
            None => Ok(Self::through(system_resolvers()?, DNS, policy)),
        }
    }

    /// Asks the name servers of each zone on `port`, found through these resolvers: for a network of one's own,
    /// where name servers listen on another port than 53.
    pub fn through(resolvers: Vec<SocketAddr>, port: u16, policy: TargetPolicy) -> Self {
        Self { source: Source::Zones(Walk::new(resolvers, port, policy)) }
    }
}

#[async_trait]
impl Dns for Authoritative {
    async fn txt(&self, name: &str) -> Result<Vec<ServerAnswer>, DnsError> {
        let parsed = parse(name)?;
        let lookup = async {
            match &self.source {
                Source::Configured(server, _) => configured::txt(*server, parsed).await,
                Source::Zones(walk) => walk.txt(parsed).await,
            }
        };
        in_time(name, lookup).await
    }

    async fn zone(&self, name: &str) -> Result<String, DnsError> {
        let parsed = parse(name)?;
        in_time(name, async { Ok(text(&own::zone(self.walk(), &parsed).await?)) }).await
    }

    async fn aliases(&self, name: &str) -> Result<Aliases, DnsError> {
        in_time(name, own::aliases(self.walk(), parse(name)?)).await
    }

    async fn caa(&self, name: &str) -> Result<Vec<CaaRecord>, DnsError> {
        in_time(name, recursive::caa(self.walk(), parse(name)?)).await
    }
}

impl Authoritative {
    /// What asks the resolvers, or the one server that was configured, and name servers that they name.
    fn walk(&self) -> &Walk {
        match &self.source {
            Source::Configured(_, walk) | Source::Zones(walk) => walk,
        }
    }
}

async fn in_time<T>(name: &str, lookup: impl Future<Output = Result<T, DnsError>>) -> Result<T, DnsError> {
    let late = |_| DnsError::Unavailable(format!("looking {name} up took longer than {} s", WITHIN.as_secs()));
    timeout(WITHIN, lookup).await.map_err(late)?
}

fn parse(name: &str) -> Result<Name, DnsError> {
    let no_name = |_| DnsError::NoZone(format!("{name:?} is not a domain name"));
    let mut parsed = Name::from_ascii(name).map_err(no_name)?;
    parsed.set_fqdn(true);
    Ok(parsed)
}

fn system_resolvers() -> Result<Vec<SocketAddr>, DnsError> {
    let unknown = |e| DnsError::Unavailable(format!("the system's name servers are not known: {e}"));
    let (config, _) = read_system_conf().map_err(unknown)?;
    Ok(config.name_servers().iter().map(|server| SocketAddr::new(server.ip, DNS)).collect())
}
