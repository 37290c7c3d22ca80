//! What the resolvers say of a name, as far as they do: its zone, its aliases, its CAA records.

use domain::ports::{Aliases, CaaRecord, DnsError};
use hickory_resolver::proto::rr::{Name, RecordType};

use crate::answer::{Trail, alias, caa as caa_of, code, text, zone_of};
use crate::walk::{Walk, is_answer};
use crate::zone::{ancestors, is_registry};

/// The closest zone at or above a name. A server that knows neither yes nor no is no proof that there is none.
pub async fn zone(walk: &Walk, name: Name) -> Result<String, DnsError> {
    let mut last = format!("{} lies in no zone", text(&name));
    for above in ancestors(&name).take_while(|above| !is_registry(above)) {
        let (resolver, message) = walk.resolve(&above, RecordType::SOA).await?;
        let answer = code(message.response_code);
        last =
            format!("{resolver} was asked for the zone of {}; for {} it answered {answer}", text(&name), text(&above));
        // What is said of an alias's target says nothing of the alias's own zone.
        if alias(&message, &above).is_some() || !is_answer(&message) {
            continue;
        }
        match zone_of(&message, &above) {
            Some(zone) if is_registry(zone) => {
                return Err(DnsError::NoZone(format!("{last}, and the closest zone is {}", text(zone))));
            }
            Some(zone) => return Ok(text(zone)),
            None => {}
        }
    }
    Err(DnsError::Unavailable(last))
}

/// The aliases from a name on, one question for each: a resolver that meets a loop says nothing of it.
pub async fn aliases(walk: &Walk, name: Name) -> Result<Aliases, DnsError> {
    let mut trail = Trail::new(name);
    let broken = loop {
        let asked = trail.end().clone();
        let (resolver, message) = walk.resolve(&asked, RecordType::CNAME).await?;
        match alias(&message, &asked) {
            Some(target) => {
                if let Err(why) = trail.follow(target) {
                    break Some(why);
                }
            }
            None if is_answer(&message) || trail.names().len() > 1 => break None,
            None => {
                let (name, answer) = (text(&asked), code(message.response_code));
                return Err(DnsError::Unavailable(format!("{resolver} was asked for {name}; it answered {answer}")));
            }
        }
    };
    Ok(Aliases { names: trail.names(), broken })
}

/// The CAA records of a name, or of what it is an alias of.
pub async fn caa(walk: &Walk, name: Name) -> Result<Vec<CaaRecord>, DnsError> {
    let mut trail = Trail::new(name);
    loop {
        let asked = trail.end().clone();
        let (resolver, message) = walk.resolve(&asked, RecordType::CAA).await?;
        if !is_answer(&message) && alias(&message, &asked).is_none() {
            let answer = code(message.response_code);
            return Err(DnsError::Unavailable(format!(
                "{resolver} was asked for the CAA records of {trail}; it answered {answer}"
            )));
        }
        match caa_of(&message, &mut trail) {
            Ok(Some(records)) => return Ok(records),
            Ok(None) => {}
            Err(why) => return Err(DnsError::Unavailable(format!("no CAA record can be read: {why}"))),
        }
    }
}
