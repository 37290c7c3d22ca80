use serde::{Deserialize, Serialize};

use super::{Monitor, matches};
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
pub(super) async fn link(
    store: &dyn Store,
    monitor: &Monitor,
    fingerprints: &[String],
    search: bool,
) -> Result<Option<Link>> {
    if let Some(known) = monitor.link.as_ref().filter(|_| !search) {
        let row: Option<Stored<Certificate>> = entity::find(store, Key::of(known.certificate.0)).await?;
        if let Some(row) = row.filter(|row| is_for(&row.value, monitor)) {
            return Ok(Some(linked(&row.value, fingerprints)));
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
        (linked(certificate, fingerprints).served, certificate.issued().map(|issued| issued.valid_to))
    });
    Ok(best.map(|certificate| linked(&certificate, fingerprints)))
}

fn is_for(certificate: &Certificate, monitor: &Monitor) -> bool {
    certificate.owner == monitor.owner && certificate.names().any(|name| matches(name.as_str(), &monitor.domain))
}

fn linked(certificate: &Certificate, fingerprints: &[String]) -> Link {
    let issued = certificate.issued().map(|issued| &issued.fingerprint);
    let served = !fingerprints.is_empty() && fingerprints.iter().all(|served| Some(served) == issued);
    Link { certificate: certificate.id, served }
}
