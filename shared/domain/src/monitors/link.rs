use serde::{Deserialize, Serialize};

use super::{Look, Monitor, matches};
use crate::Result;
use crate::certificates::{self, Certificate};
use crate::entity::{self, Stored};
use crate::ids::CertificateId;
use crate::list::{PER_PAGE_MAX, PageRequest};
use crate::ports::{Key, Store};

/// The owner's certificate for a monitor's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The certificate.
    pub certificate: CertificateId,
    /// Whether it is what every address that answers serves.
    pub served: bool,
}

/// Finds the owner's certificate for the name, and whether these are what it was issued as. The one that is served
/// comes first, then the one that is valid longest. Looks through the owner's certificates only when `search` says so,
/// or the one known is gone.
pub(super) async fn link(store: &dyn Store, monitor: &Monitor, seen: Served<'_>, search: bool) -> Result<Option<Link>> {
    if monitor.domain.address().is_some() {
        return Ok(None);
    }
    if let Some(known) = monitor.link.as_ref().filter(|_| !search) {
        let row: Option<Stored<Certificate>> = entity::find(store, Key::of(known.certificate.0)).await?;
        if let Some(row) = row.filter(|row| is_for(&row.value, monitor)) {
            return Ok(Some(linked(&row.value, seen)));
        }
    } else if !search {
        return Ok(None);
    }
    // A wildcard's text has the domain above in it, as every name below that domain has.
    let name = monitor.domain.as_str();
    let above = name.split_once('.').map(|(_, above)| above).filter(|above| above.contains('.')).unwrap_or(name);
    let text = above.chars().take(100).collect();
    let request = PageRequest::new(Some(1), Some(PER_PAGE_MAX.into()), Some(text), "per_page")?;
    let found = certificates::list(store, monitor.owner, &request).await?.rows.into_iter();
    let fitting = found.filter(|certificate| is_for(certificate, monitor));
    let best = fitting.max_by_key(|certificate| {
        (linked(certificate, seen).served, certificate.issued().map(|issued| issued.valid_to))
    });
    Ok(best.map(|certificate| linked(&certificate, seen)))
}

fn is_for(certificate: &Certificate, monitor: &Monitor) -> bool {
    certificate.owner == monitor.owner && certificate.names().any(|name| matches(name.as_str(), &monitor.domain))
}

/// What is served.
#[derive(Clone, Copy, Debug)]
pub(super) struct Served<'a> {
    /// What was seen.
    pub looks: &'a [Look],
    /// The certificates in use, by fingerprint: those seen, and what silent addresses showed before.
    pub fingerprints: &'a [String],
}

impl Served<'_> {
    /// Whether this certificate is served at every address; an address may have one with another kind of key beside it.
    fn everywhere(self, issued: &String) -> bool {
        let seen = || self.looks.iter().filter_map(|look| Some((look.address, &look.seen()?.fingerprint)));
        let at = |address| seen().any(|(other, fingerprint)| other == address && fingerprint == issued);
        let known = |fingerprint: &String| fingerprint == issued || seen().any(|(_, other)| other == fingerprint);
        !self.fingerprints.is_empty() && seen().all(|(address, _)| at(address)) && self.fingerprints.iter().all(known)
    }
}

fn linked(certificate: &Certificate, seen: Served<'_>) -> Link {
    let served = certificate.issued().is_some_and(|issued| seen.everywhere(&issued.fingerprint));
    Link { certificate: certificate.id, served }
}
