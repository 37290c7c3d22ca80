//! The zone of a name, and its aliases, by the zone's own name servers. A resolver is not asked for a name that may not
//! be there yet: it would remember that for as long as the zone says, and tell a CA that asks it (RFC 2308 §5).

use std::net::SocketAddr;

use domain::ports::{Aliases, DnsError};
use futures_util::future::select_ok;
use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use crate::answer::{Trail, alias, zone_of};
use crate::exchange::ask;
use crate::recursive;
use crate::walk::{Walk, knows};
use crate::zone::is_registry;

/// The most zones below one that the resolvers know, each cut out of the one before.
const CUTS: usize = 4;

/// The closest zone at or above a name.
pub async fn zone(walk: &Walk, name: &Name) -> Result<Name, DnsError> {
    if let Some(message) = walk.told(name, RecordType::SOA).await
        && alias(&message, name).is_none()
        && let Some(zone) = zone_of(&message, name)
    {
        return walk.no_registry(zone.clone(), name);
    }
    let parent = name.base_name();
    // Of a name right below a top-level domain no parent says where it lies.
    if is_registry(&parent) {
        return recursive::closest(walk, name, name.clone()).await;
    }
    let Ok(mut zone) = recursive::closest(walk, name, parent).await else {
        return recursive::closest(walk, name, name.clone()).await;
    };
    for _ in 0..CUTS {
        let Ok(servers) = walk.servers(&zone).await else { break };
        let Some(message) = first(&servers, name, RecordType::SOA).await else {
            // Where only the resolvers can be asked, they are.
            return Ok(recursive::closest(walk, name, name.clone()).await.unwrap_or(zone));
        };
        match below(&message, &zone, name) {
            Some(cut) if message.authoritative => return Ok(cut),
            Some(cut) => zone = cut,
            None => break,
        }
    }
    Ok(zone)
}

/// The aliases from a name on.
pub async fn aliases(walk: &Walk, name: Name) -> Result<Aliases, DnsError> {
    let mut trail = Trail::new(name);
    let broken = loop {
        let asked = trail.end().clone();
        let message = match walk.told(&asked, RecordType::CNAME).await {
            Some(message) => Some(message),
            None => at_home(walk, &asked).await?,
        };
        let target = match &message {
            Some(message) => alias(message, &asked).cloned(),
            None => recursive::alias_of(walk, &asked).await?,
        };
        match target {
            Some(target) => {
                if let Err(why) = trail.follow(&target) {
                    break Some(why);
                }
            }
            None => break None,
        }
    };
    Ok(Aliases { names: trail.names(), broken })
}

/// What the name servers of a name's zone say of its alias; nothing where none can be asked.
async fn at_home(walk: &Walk, name: &Name) -> Result<Option<Message>, DnsError> {
    let zone = match zone(walk, name).await {
        Ok(zone) => zone,
        Err(DnsError::NoZone(_) | DnsError::Unavailable(_)) => return Ok(None),
    };
    Ok(match walk.servers(&zone).await {
        Ok(servers) => first(&servers, name, RecordType::CNAME).await.filter(|found| found.authoritative),
        Err(_) => None,
    })
}

/// The first answer of a zone's servers, which are asked all at once.
async fn first(servers: &[SocketAddr], name: &Name, kind: RecordType) -> Option<Message> {
    let asked = servers.iter().map(|server| {
        Box::pin(async move {
            let message = ask(*server, name, kind, false).await.map_err(drop)?;
            if knows(&message, name) { Ok(message) } else { Err(()) }
        })
    });
    let asked: Vec<_> = asked.collect();
    if asked.is_empty() { None } else { select_ok(asked).await.ok().map(|(message, _)| message) }
}

/// The zone at or above a name that a message shows below `zone`: by its SOA record, or where it leads (RFC 1034 §4.3.2).
fn below(message: &Message, zone: &Name, name: &Name) -> Option<Name> {
    let referred = message.authorities.iter().filter(|record| matches!(record.data, RData::NS(_)));
    let found = zone_of(message, name).or_else(|| referred.map(|record| &record.name).find(|cut| cut.zone_of(name)));
    found.filter(|cut| zone.zone_of(cut) && *cut != zone).cloned()
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::op::Message;
    use hickory_resolver::proto::rr::rdata::NS;
    use hickory_resolver::proto::rr::{Name, RData, Record};

    use super::below;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn a_referral_leads_below_and_nowhere_else() {
        let asked = name("_acme-challenge.www.kube.lab.example.");
        for (owner, cut) in [
            ("kube.lab.example.", true),
            ("www.kube.lab.example.", true),
            ("lab.example.", false),
            ("example.", false),
            ("other.lab.example.", false),
        ] {
            let mut message = Message::query();
            message.add_authority(Record::from_rdata(name(owner), 60, RData::NS(NS(name("ns.lab.example.")))));
            let found = below(&message, &name("lab.example."), &asked);
            assert_eq!(found, cut.then(|| name(owner)), "{owner}");
        }
    }
}
