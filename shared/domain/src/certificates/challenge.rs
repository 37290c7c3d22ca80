use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt};

use super::{Attempt, Certificate, State};
use crate::ports::{Challenge, Dns, DnsError, ServerAnswer};
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
    /// How far the proof has come.
    pub proof: Proof,
}

/// How far the proof of a name has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The record has to be made.
    Pending,
    /// The CA is checking.
    Checking,
    /// The CA has accepted it.
    Proven,
    /// The CA holds an earlier one, and needs no record.
    Held,
    /// The order came to nothing.
    Failed,
}

/// How far the order of a certificate has come with its proof.
fn proof(certificate: &Certificate) -> Proof {
    if certificate.order.as_ref().is_some_and(|order| order.proven) {
        return Proof::Proven;
    }
    match (&certificate.state, certificate.renewal.as_ref().map(|renewal| (renewal.attempt, renewal.failures))) {
        (State::Unissued, _) | (State::Issued(_), Some((Attempt::AwaitingRecords, _))) => Proof::Pending,
        (State::Verifying { .. }, _) | (State::Issued(_), Some((Attempt::Verifying { .. }, _))) => Proof::Checking,
        (State::Failed { .. }, _) => Proof::Failed,
        // The order may be that of an attempt to renew it.
        (State::Issued(_), Some((Attempt::Idle, 1..))) => Proof::Failed,
        (State::Issuing { .. } | State::Issued(_) | State::Revoked { .. }, _) => Proof::Proven,
    }
}

/// The records of a certificate's order, those of its first name first. A wildcard and its apex share a host: both
/// values must be there.
pub fn records(certificate: &Certificate) -> Vec<RecordToMake> {
    let challenges = certificate.order.iter().flat_map(|order| &order.challenges);
    let proof = proof(certificate);
    let mut records: Vec<RecordToMake> = challenges.map(|challenge| record(challenge, proof)).collect();
    let first = certificate.domain.as_str();
    records.sort_by_key(|record| record.domain != first);
    records
}

fn record(challenge: &Challenge, proof: Proof) -> RecordToMake {
    RecordToMake {
        domain: format!("{}{}", if challenge.wildcard { "*." } else { "" }, challenge.name),
        host: format!("_acme-challenge.{}", challenge.name),
        value: challenge.value.clone(),
        needed: challenge.pending,
        proof: if challenge.pending { proof } else { Proof::Held },
    }
}

/// How many hosts are looked up at once.
const LOOKUPS: usize = 10;

/// Looks the needed records up; gives what is missing in words, or nothing when all are there.
pub async fn missing(dns: &dyn Dns, records: &[RecordToMake]) -> Result<Option<String>> {
    let mut hosts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.needed) {
        hosts.entry(record.host.clone()).or_default().push(record.value.clone());
    }
    let look = |(host, values): (String, Vec<String>)| async move {
        let answers = dns.txt(&host).await;
        (host, values, answers)
    };
    let mut lookups = stream::iter(hosts).map(look).buffered(LOOKUPS);
    while let Some((host, values, answers)) = lookups.next().await {
        let missing = match answers {
            Ok(answers) => missing_in(&host, &values, &answers),
            Err(DnsError::NoZone(reason)) => return Err(Error::invalid("domain", reason)),
            Err(DnsError::Unavailable(reason)) => Some(reason),
        };
        if missing.is_some() {
            return Ok(missing);
        }
    }
    Ok(None)
}

/// What the servers of a zone lack. Every server that answers must have the values, since the CA may ask any; one that
/// does not answer is passed over, as resolvers do, unless there is no other.
fn missing_in(host: &str, values: &[String], answers: &[ServerAnswer]) -> Option<String> {
    let at = |answer: &ServerAnswer| {
        if answer.name == host { String::new() } else { format!(" (through its CNAME to {})", answer.name) }
    };
    let mut silent = Vec::new();
    let mut heard = false;
    for answer in answers {
        match &answer.values {
            Ok(found) => {
                heard = true;
                if let Some(value) = values.iter().find(|value| !found.contains(value)) {
                    return Some(format!(
                        "the TXT record {host}{} with the value {value} is not there yet: {} has {}; make it, then \
                         verify again",
                        at(answer),
                        answer.server,
                        listed(found)
                    ));
                }
            }
            Err(reason) => {
                silent.push(format!(
                    "the TXT record {host}{} cannot be read from {}: {reason}",
                    at(answer),
                    answer.server
                ));
            }
        }
    }
    match (heard, silent.is_empty()) {
        (true, _) => None,
        (false, true) => Some(format!("no name server could be asked for {host}; try again later")),
        (false, false) => Some(silent.join("; ")),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "_acme-challenge.example.com";

    fn answer(server: &str, values: std::result::Result<&[&str], &str>) -> ServerAnswer {
        let values = values.map(|values| values.iter().map(|value| (*value).to_owned()).collect());
        ServerAnswer { server: server.into(), name: HOST.into(), values: values.map_err(str::to_owned) }
    }

    fn missing(answers: &[ServerAnswer]) -> Option<String> {
        missing_in(HOST, &["one".into(), "two".into()], answers)
    }

    #[test]
    fn every_server_that_answers_must_have_every_value() {
        assert_eq!(missing(&[answer("a", Ok(&["two", "one"])), answer("b", Ok(&["one", "x", "two"]))]), None);
        let said = missing(&[answer("a", Ok(&["one", "two"])), answer("b", Ok(&["one"]))]).unwrap();
        assert!(said.contains("the value two is not there yet: b has \"one\""), "{said}");
    }

    #[test]
    fn a_server_that_is_silent_is_passed_over_unless_all_are() {
        assert_eq!(missing(&[answer("a", Err("did not answer")), answer("b", Ok(&["one", "two"]))]), None);
        assert!(missing(&[answer("a", Err("did not answer")), answer("b", Ok(&[]))]).unwrap().contains("b has no TXT"));
        let said = missing(&[answer("a", Err("did not answer")), answer("b", Err("REFUSED"))]).unwrap();
        assert!(said.contains("from a: did not answer") && said.contains("from b: REFUSED"), "{said}");
        assert!(missing(&[]).unwrap().contains("no name server could be asked"));
    }
}
