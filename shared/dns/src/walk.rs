//! From a name to its zone, from the zone to its name servers, and from each of them to the values.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::ports::{DnsError, ServerAnswer};
use domain::targets::TargetPolicy;
use futures_util::future::join_all;
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::time::timeout;

use crate::answer::{Trail, alias, code, text, txt as values};
use crate::exchange::{ask, has_route};
use crate::own;
use crate::zone::is_registry;

/// A zone belongs to whoever a certificate is for: it must not make Steward ask half the internet.
const MOST_SERVERS: usize = 16;
const MOST_NAMES: usize = 12;
/// Some resolvers leave a question aside that wants no recursion.
const TOLD_WITHIN: Duration = Duration::from_secs(1);

/// Asks authoritative servers on `port`, found through recursive resolvers.
#[derive(Clone, Debug)]
pub struct Walk {
    resolvers: Vec<SocketAddr>,
    /// The one that answered last: the next question goes there first, or each would wait for one that is down.
    preferred: Arc<AtomicUsize>,
    port: u16,
    policy: TargetPolicy,
}

/// A name server of a zone: where to ask, or why it cannot be asked.
struct Authority {
    server: String,
    address: Result<SocketAddr, String>,
}

impl Walk {
    pub fn new(resolvers: Vec<SocketAddr>, port: u16, policy: TargetPolicy) -> Self {
        Self { resolvers, preferred: Arc::default(), port, policy }
    }

    /// The values at each server of the name's zone. Where a server knows an alias only, the servers of the
    /// target's zone are asked in its place.
    pub async fn txt(&self, name: Name) -> Result<Vec<ServerAnswer>, DnsError> {
        let mut answers = Vec::new();
        let mut known = HashSet::from([name.clone()]);
        let mut ahead = vec![Trail::new(name)];
        while let Some(trail) = ahead.pop() {
            let authorities = match self.authorities(&trail).await {
                Ok(authorities) => authorities,
                // What the first servers said still counts: a bad alias at one of them is its answer.
                Err(DnsError::NoZone(why) | DnsError::Unavailable(why)) if !answers.is_empty() || !ahead.is_empty() => {
                    answers.push(ServerAnswer { server: trail.to_string(), name: text(trail.end()), values: Err(why) });
                    continue;
                }
                Err(e) => return Err(e),
            };
            for (answer, beyond) in join_all(authorities.into_iter().map(|a| a.txt(&trail))).await {
                match beyond {
                    // Servers that agree on an alias lead to one lookup of its target.
                    Some(beyond) if known.len() < MOST_NAMES => {
                        if known.insert(beyond.end().clone()) {
                            ahead.push(beyond);
                        }
                    }
                    _ => answers.push(answer),
                }
            }
        }
        Ok(answers)
    }

    async fn authorities(&self, trail: &Trail) -> Result<Vec<Authority>, DnsError> {
        self.authorities_of(&self.zone(trail).await?).await
    }

    async fn authorities_of(&self, zone: &Name) -> Result<Vec<Authority>, DnsError> {
        let (resolver, message) = self.resolve(zone, RecordType::NS).await?;
        let servers = message.answers.iter().filter_map(|record| match &record.data {
            RData::NS(server) if record.name == *zone => Some(server.0.clone()),
            _ => None,
        });
        let servers: Vec<_> = servers.take(MOST_SERVERS).collect();
        if servers.is_empty() {
            let (zone, code) = (text(zone), code(message.response_code));
            let why = format!("{resolver} was asked for the name servers of {zone}; it answered {code} and named none");
            return Err(if is_answer(&message) { DnsError::NoZone(why) } else { DnsError::Unavailable(why) });
        }
        let found = join_all(servers.into_iter().map(|server| self.locate(server))).await;
        Ok(found.into_iter().flatten().collect())
    }

    /// The zone of the trail's end.
    async fn zone(&self, trail: &Trail) -> Result<Name, DnsError> {
        let said = |why: String| format!("{trail}: {why}");
        own::zone(self, trail.end()).await.map_err(|error| match error {
            // The name asked about is said already.
            error if trail.names().len() == 1 => error,
            DnsError::NoZone(why) => DnsError::NoZone(said(why)),
            DnsError::Unavailable(why) => DnsError::Unavailable(said(why)),
        })
    }

    /// A zone that names may lie in.
    pub fn no_registry(&self, zone: Name, name: &Name) -> Result<Name, DnsError> {
        if is_registry(&zone) {
            let (name, zone) = (text(name), text(&zone));
            return Err(DnsError::NoZone(format!("{name} lies in no zone of its own; the closest zone is {zone}")));
        }
        Ok(zone)
    }

    /// What a resolver says of a name by itself, as the authority for it: that is asked for without recursion, so that
    /// it asks nobody else and remembers nothing.
    pub async fn told(&self, name: &Name, kind: RecordType) -> Option<Message> {
        let (_, resolver) = self.in_order().next()?;
        let message = timeout(TOLD_WITHIN, ask(resolver, name, kind, false)).await.ok()?.ok()?;
        Some(message).filter(|message| message.authoritative && knows(message, name))
    }

    fn in_order(&self) -> impl Iterator<Item = (usize, SocketAddr)> + use<> {
        let first = self.preferred.load(Ordering::Relaxed).min(self.resolvers.len());
        let mut resolvers: Vec<_> = self.resolvers.iter().copied().enumerate().collect();
        resolvers.rotate_left(first);
        resolvers.into_iter()
    }

    /// Where the name servers of a zone can be asked.
    pub async fn servers(&self, zone: &Name) -> Result<Vec<SocketAddr>, DnsError> {
        let authorities = self.authorities_of(zone).await?;
        Ok(authorities.into_iter().filter_map(|authority| authority.address.ok()).collect())
    }

    /// The addresses of a name server.
    async fn locate(&self, server: Name) -> Vec<Authority> {
        let kinds = [RecordType::A, RecordType::AAAA];
        let replies = join_all(kinds.map(|kind| self.resolve(&server, kind))).await;
        let addresses: Vec<IpAddr> = replies
            .iter()
            .flatten()
            .flat_map(|(_, message)| &message.answers)
            .filter_map(|record| record.data.ip_addr())
            .take(MOST_SERVERS)
            .collect();
        let mut routed = Vec::new();
        for &address in &addresses {
            // A machine without IPv6 would count every second server as down.
            if address.is_ipv4() || has_route(SocketAddr::new(address, self.port)).await {
                routed.push(address);
            }
        }
        let name = text(&server);
        if routed.is_empty() {
            let why = match addresses.as_slice() {
                [] => "its address could not be found".to_owned(),
                some => format!("there is no route to {some:?}"),
            };
            return vec![Authority { server: name, address: Err(why) }];
        }
        routed.into_iter().map(|address| self.authority(&name, address)).collect()
    }

    fn authority(&self, name: &str, ip: IpAddr) -> Authority {
        let address = SocketAddr::new(ip, self.port);
        let refused = || format!("was not asked: {ip} is not a public address, and not in STEWARD_ALLOW_TARGETS");
        let address_or_why = if self.policy.permits(ip) { Ok(address) } else { Err(refused()) };
        Authority { server: format!("{name} ({address})"), address: address_or_why }
    }

    /// The first resolver's answer that says something.
    pub async fn resolve(&self, name: &Name, kind: RecordType) -> Result<(SocketAddr, Message), DnsError> {
        let mut failed = None;
        let mut silent = Vec::new();
        for (index, resolver) in self.in_order() {
            match ask(resolver, name, kind, true).await {
                Ok(message) if is_answer(&message) => {
                    self.preferred.store(index, Ordering::Relaxed);
                    return Ok((resolver, message));
                }
                Ok(message) => failed = failed.or(Some((resolver, message))),
                Err(e) => silent.push(format!("{resolver} {e}")),
            }
        }
        let silent = silent.join("; ");
        failed.ok_or_else(|| DnsError::Unavailable(format!("no resolver could be asked for {}: {silent}", text(name))))
    }
}

impl Authority {
    /// What this server says of the trail's end, and the alias's target when it says no more than that.
    async fn txt(self, trail: &Trail) -> (ServerAnswer, Option<Trail>) {
        let mut trail = trail.clone();
        let (values, beyond) = match self.once(&mut trail).await {
            Ok(Some(values)) => (Ok(values), None),
            Ok(None) => (Err(format!("knows it as an alias only: {trail}")), Some(trail.clone())),
            Err(why) => (Err(why), None),
        };
        (ServerAnswer { server: self.server, name: text(trail.end()), values }, beyond)
    }

    async fn once(&self, trail: &mut Trail) -> Result<Option<Vec<String>>, String> {
        let address = self.address.clone()?;
        let asked = trail.end().clone();
        let message = ask(address, &asked, RecordType::TXT, false).await.map_err(|e| e.to_string())?;
        // The code of an alias is about its target, which is asked about next. A loop is SERVFAIL to bind9.
        if !is_answer(&message) && alias(&message, &asked).is_none() {
            return Err(format!("answered {} for {}", code(message.response_code), text(&asked)));
        }
        // A server that the zone was taken from, or not yet given to, knows nothing of it.
        if !message.authoritative && message.answers.is_empty() {
            return Err(format!("is no authority for {}", text(&asked)));
        }
        values(&message, trail)
    }
}

/// Whether a server says something of a name. The code of an alias is about its target.
pub fn knows(message: &Message, name: &Name) -> bool {
    is_answer(message) || alias(message, name).is_some()
}

/// Whether the server answered the question: that there is nothing is an answer too.
pub fn is_answer(message: &Message) -> bool {
    matches!(message.response_code, ResponseCode::NoError | ResponseCode::NXDomain)
}
