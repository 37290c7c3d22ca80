use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Look, Monitor, Seen, monitor};

/// What became different from one check to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// The certificate in use, by its fingerprint.
    Certificate,
    /// The status.
    Status,
    /// The grade.
    Grade,
    /// The TLS version agreed on.
    Protocol,
    /// The cipher suite agreed on.
    Cipher,
}

impl Changed {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Certificate, Self::Status, Self::Grade, Self::Protocol, Self::Cipher];

    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Status => "status",
            Self::Grade => "grade",
            Self::Protocol => "protocol",
            Self::Cipher => "cipher",
        }
    }
}

/// A difference from the check before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Of what.
    pub what: Changed,
    /// What it was.
    pub old: String,
    /// What it is.
    pub new: String,
}

/// The most fingerprints that are kept: sixteen addresses with a pair each, and as many from before.
const FINGERPRINTS_MAX: usize = 64;

/// The certificates in use after these looks. One that was in use at an address that is silent now may still be.
pub(super) fn fingerprints(monitor: &Monitor, looks: &[Look]) -> Vec<String> {
    let seen: BTreeSet<&String> = looks.iter().filter_map(Look::seen).map(|seen| &seen.fingerprint).collect();
    let silent = looks.iter().any(|look| look.seen().is_none());
    let before = monitor.fingerprints.iter().filter(|known| silent && !seen.contains(known));
    let mut known: Vec<String> = seen.iter().copied().chain(before).take(FINGERPRINTS_MAX).cloned().collect();
    known.sort_unstable();
    known
}

/// Whether these were never looked for before: the half of a pair that visitors with the other kind of key see.
fn is_other_half(monitor: &Monitor, looks: &[Look], come: &[&str]) -> bool {
    let before: Vec<&Seen> = monitor.looks.iter().filter_map(Look::seen).collect();
    let mut new = looks.iter().filter_map(Look::seen).filter(|seen| come.contains(&seen.fingerprint.as_str()));
    !before.is_empty() && new.all(|seen| before.iter().all(|earlier| earlier.key_kind != seen.key_kind))
}

/// What these looks show that the monitor did not know.
pub(super) fn changes(monitor: &Monitor, looks: &[Look], now: Timestamp) -> Vec<Change> {
    if monitor.last_check.is_none() {
        return Vec::new();
    }
    let mut changes = Vec::new();
    let mut note = |what, old: String, new: String| {
        if old != new {
            changes.push(Change { what, old, new });
        }
    };
    let next = fingerprints(monitor, looks);
    let come: Vec<&str> = next.iter().filter(|it| !monitor.fingerprints.contains(it)).map(String::as_str).collect();
    if !come.is_empty() && !monitor.fingerprints.is_empty() {
        let gone: Vec<&str> = monitor.fingerprints.iter().filter(|it| !next.contains(it)).map(String::as_str).collect();
        if !gone.is_empty() || !is_other_half(monitor, looks, &come) {
            note(Changed::Certificate, gone.join(","), come.join(","));
        }
    }
    // The earlier looks as they are at this time: what a date alone has changed is seen by the check after it.
    let then = monitor.last_check.unwrap_or(now);
    let status = |looks: &[Look], at| monitor::worst(&monitor.target, looks, at).as_str().to_owned();
    note(Changed::Status, status(&monitor.looks, then), status(looks, now));
    let (Some(before), Some(after)) = (first(&monitor.looks), first(looks)) else { return changes };
    note(Changed::Grade, before.grade(then).to_string(), after.grade(now).to_string());
    note(Changed::Protocol, before.protocol.as_str().to_owned(), after.protocol.as_str().to_owned());
    note(Changed::Cipher, before.cipher.clone(), after.cipher.clone());
    changes
}

fn first(looks: &[Look]) -> Option<&Seen> {
    looks.iter().find_map(Look::seen)
}
