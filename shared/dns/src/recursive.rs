//! What the resolvers say of a name, as far as they do: its zone, its alias, its CAA records.

use domain::ports::{CaaRecord, DnsError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RecordType};

use crate::answer::{Trail, alias, caa as caa_of, code, text, zone_of};
use crate::walk::{Walk, is_answer};
use crate::zone::{ancestors, is_registry};

/// The closest zone at or above `from`, which is `name` or above it. One that a server does not answer for is left aside
/// for those above it; that there is no zone takes a server that says so.
pub async fn closest(walk: &Walk, name: &Name, from: Name) -> Result<Name, DnsError> {
    let mut last = format!("{} lies in no zone", text(name));
    let mut denied = from.num_labels() < 2;
    for above in ancestors(&from).take_while(|above| !is_registry(above)) {
        let (resolver, message) = walk.resolve(&above, RecordType::SOA).await?;
        let answer = code(message.response_code);
        last =
            format!("{resolver} was asked for the zone of {}; for {} it answered {answer}", text(name), text(&above));
        denied = message.response_code == ResponseCode::NXDomain;
        // What is said of an alias's target says nothing of the alias's own zone.
        if alias(&message, &above).is_some() || !is_answer(&message) {
            continue;
        }
        match zone_of(&message, &above) {
            Some(zone) if is_registry(zone) => {
                return Err(DnsError::NoZone(format!("{last}, and the closest zone is {}", text(zone))));
            }
            Some(zone) => return Ok(zone.clone()),
            None => {}
        }
    }
    Err(if denied { DnsError::NoZone(last) } else { DnsError::Unavailable(last) })
}

/// What a name is an alias of. A server that does not know this kind of question is asked for the text there.
pub async fn alias_of(walk: &Walk, name: &Name) -> Result<Option<Name>, DnsError> {
    let mut failed = String::new();
    for kind in [RecordType::CNAME, RecordType::TXT] {
        let (resolver, message) = walk.resolve(name, kind).await?;
        match alias(&message, name) {
            Some(target) => return Ok(Some(target.clone())),
            None if is_answer(&message) => return Ok(None),
            None => {
                let answer = code(message.response_code);
                failed = format!("{resolver} was asked for {}; it answered {answer}", text(name));
            }
        }
    }
    Err(DnsError::Unavailable(failed))
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
