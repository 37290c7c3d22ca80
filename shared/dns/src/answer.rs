//! What a DNS message says of a TXT name, and the aliases that led to it.

use std::fmt;

use domain::ports::CaaRecord;
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, Record};

/// Zones that delegate to another zone by a CNAME need one or two; more is a mistake.
const HOPS: usize = 8;

/// The names that a chain of CNAMEs has gone through, from the name asked about to its end.
#[derive(Clone, Debug)]
pub struct Trail(Vec<Name>);

impl Trail {
    pub fn new(name: Name) -> Self {
        Self(vec![name])
    }

    /// Where it has come to.
    pub fn end(&self) -> &Name {
        // It begins with a name, and only grows.
        &self.0[self.0.len() - 1]
    }

    /// The names, as people write them.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(text).collect()
    }

    /// Goes on to an alias's target, unless it has been there or has come too far; says which.
    pub fn follow(&mut self, target: &Name) -> Result<(), String> {
        let seen = self.0.contains(target);
        self.0.push(target.clone());
        match () {
            () if seen => Err(format!("its aliases go round in a loop: {self}")),
            () if self.0.len() > HOPS + 1 => Err(format!("it is an alias of more than {HOPS} names in a row: {self}")),
            () => Ok(()),
        }
    }
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(" → "))
    }
}

/// The TXT values at the trail's end, each with its strings joined. `None` when the message ends in an alias, to
/// which the trail then leads.
pub fn txt(message: &Message, trail: &mut Trail) -> Result<Option<Vec<String>>, String> {
    records(message, trail, |data| match data {
        RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
        _ => None,
    })
}

/// The CAA records at the trail's end, likewise.
pub fn caa(message: &Message, trail: &mut Trail) -> Result<Option<Vec<CaaRecord>>, String> {
    records(message, trail, |data| match data {
        RData::CAA(caa) => Some(CaaRecord {
            critical: caa.issuer_critical,
            tag: caa.tag.to_ascii_lowercase(),
            value: String::from_utf8_lossy(&caa.value).into_owned(),
        }),
        _ => None,
    })
}

fn records<T>(
    message: &Message,
    trail: &mut Trail,
    pick: impl Fn(&RData) -> Option<T>,
) -> Result<Option<Vec<T>>, String> {
    let mut followed = false;
    loop {
        let values: Vec<_> = of(message, trail.end()).filter_map(&pick).collect();
        if !values.is_empty() {
            return Ok(Some(values));
        }
        let Some(target) = alias(message, trail.end()) else {
            return Ok(if followed { None } else { Some(values) });
        };
        trail.follow(target)?;
        followed = true;
    }
}

/// What the message says this name is an alias of.
pub fn alias<'a>(message: &'a Message, name: &Name) -> Option<&'a Name> {
    of(message, name).find_map(|data| match data {
        RData::CNAME(target) => Some(&target.0),
        _ => None,
    })
}

/// The zone that the message says the name lies in: the owner of an SOA record at or above it.
pub fn zone_of<'a>(message: &'a Message, name: &Name) -> Option<&'a Name> {
    let records = message.answers.iter().chain(&message.authorities);
    let owner = |record: &'a Record| match record.data {
        RData::SOA(_) => Some(&record.name),
        _ => None,
    };
    records.filter_map(owner).find(|owner| owner.zone_of(name))
}

/// A response code as tools print it.
pub fn code(code: ResponseCode) -> String {
    match code {
        ResponseCode::NoError => "NOERROR".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        other => other.to_string(),
    }
}

/// A name as people write it.
pub fn text(name: &Name) -> String {
    let ascii = name.to_lowercase().to_ascii();
    if name.is_root() { ascii } else { ascii.trim_end_matches('.').to_owned() }
}

fn of<'a>(message: &'a Message, name: &Name) -> impl Iterator<Item = &'a RData> {
    message.answers.iter().filter(move |record| record.name == *name).map(|record| &record.data)
}
