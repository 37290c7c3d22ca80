use std::collections::BTreeMap;

use super::Certificate;
use crate::ports::{Dns, DnsChallenge, DnsError};
use crate::{Error, Result};

/// A TXT record the owner of a zone has to make (RFC 8555 §8.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordToMake {
    /// The name of the certificate it proves.
    pub domain: String,
    /// The record's full name.
    pub host: String,
    /// The record's value.
    pub value: String,
    /// False when the CA needs no record for this name now: it still holds an earlier proof.
    pub needed: bool,
}

/// The records of a certificate's order, those of its first name first. A wildcard and its apex share a host: both
/// values must be there.
pub fn records(certificate: &Certificate) -> Vec<RecordToMake> {
    let challenges = certificate.order.iter().flat_map(|order| &order.challenges);
    let mut records: Vec<RecordToMake> = challenges.map(record).collect();
    let first = certificate.domain.as_str();
    records.sort_by_key(|record| record.domain != first);
    records
}

fn record(challenge: &DnsChallenge) -> RecordToMake {
    RecordToMake {
        domain: format!("{}{}", if challenge.wildcard { "*." } else { "" }, challenge.name),
        host: format!("_acme-challenge.{}", challenge.name),
        value: challenge.value.clone(),
        needed: challenge.pending,
    }
}

/// Looks the needed records up; gives what is missing in words, or nothing when all are there.
pub(super) async fn missing(dns: &dyn Dns, records: &[RecordToMake]) -> Result<Option<String>> {
    let mut hosts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.needed) {
        hosts.entry(&record.host).or_default().push(&record.value);
    }
    for (host, values) in hosts {
        let answers = match dns.txt(host).await {
            Ok(answers) => answers,
            Err(DnsError::NoZone(reason)) => return Err(Error::invalid("domain", reason)),
            Err(DnsError::Unavailable(reason)) => return Ok(Some(reason)),
        };
        for answer in answers {
            let at =
                if answer.name == host { String::new() } else { format!(" (through its CNAME to {})", answer.name) };
            let found = match &answer.values {
                Ok(found) => found,
                Err(reason) => {
                    return Ok(Some(format!(
                        "the TXT record {host}{at} cannot be read from {}: {reason}",
                        answer.server
                    )));
                }
            };
            if let Some(value) = values.iter().find(|value| !found.iter().any(|found| found == *value)) {
                let server = &answer.server;
                return Ok(Some(format!(
                    "the TXT record {host}{at} with the value {value} is not there yet: {server} has {}; make it, then verify again",
                    listed(found)
                )));
            }
        }
    }
    Ok(None)
}

fn listed(found: &[String]) -> String {
    const SHOWN: usize = 5;
    if found.is_empty() {
        return "no TXT record of that name".into();
    }
    let quoted: Vec<String> =
        found.iter().take(SHOWN).map(|value| format!("\"{}\"", value.chars().take(120).collect::<String>())).collect();
    let more = if found.len() > SHOWN { format!(" and {} more", found.len() - SHOWN) } else { String::new() };
    format!("{}{more}", quoted.join(", "))
}
