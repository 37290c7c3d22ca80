use std::net::IpAddr;
use std::time::Duration;

use futures_util::future::join_all;

use super::{Look, Monitor, Outcome, Seen};
use crate::ports::{Endpoint, KeyAsked, KeyKind, ProbeError, Prober};

/// How long one address may take, everything together.
const WITHIN: Duration = Duration::from_secs(10);

/// How long the other half of a pair may take: the server has just shown that it answers.
const OTHER_WITHIN: Duration = Duration::from_secs(5);

/// The most addresses of a name that are looked at.
const ADDRESSES_MAX: usize = 16;

/// Looks at every address of a monitor at once; each has ten seconds, and five more for the other half of a pair.
pub async fn look(prober: &dyn Prober, monitor: &Monitor) -> Vec<Look> {
    let failed = |address, error: ProbeError| Look { address, outcome: Outcome::Failed(error.into()) };
    let addresses = match addresses(prober, monitor).await {
        Ok(addresses) => addresses,
        Err(error) => return vec![failed(None, error)],
    };
    let looks = addresses.into_iter().map(async |address| match at(prober, monitor, address, KeyAsked::Any).await {
        Ok(seen) => {
            let other = other_half(prober, monitor, address, &seen).await;
            let seen = std::iter::once(seen).chain(other);
            seen.map(|seen| Look { address: Some(address), outcome: Outcome::Answered(Box::new(seen)) }).collect()
        }
        Err(error) => vec![failed(Some(address), error)],
    });
    join_all(looks).await.into_iter().flatten().collect()
}

/// The certificate for those visitors who cannot use the one that is preferred, where the server has an RSA and an ECDSA
/// certificate for the same name.
async fn other_half(prober: &dyn Prober, monitor: &Monitor, address: IpAddr, seen: &Seen) -> Option<Seen> {
    let key = match seen.key_kind {
        KeyKind::Rsa => KeyAsked::Ecdsa,
        KeyKind::Ecc => KeyAsked::Rsa,
        KeyKind::Other => return None,
    };
    let other = at(prober, monitor, address, key).await.ok()?;
    (other.fingerprint != seen.fingerprint && other.key_kind != seen.key_kind).then_some(other)
}

async fn addresses(prober: &dyn Prober, monitor: &Monitor) -> Result<Vec<IpAddr>, ProbeError> {
    if !monitor.target.addresses.is_empty() {
        return Ok(monitor.target.addresses.clone());
    }
    let host = monitor.domain.as_str();
    let mut found = prober.resolve(host).await?;
    let kind = monitor.target.ip_type;
    found.retain(|address| kind.takes(*address));
    found.sort_unstable();
    found.dedup();
    found.truncate(ADDRESSES_MAX);
    if found.is_empty() {
        return Err(ProbeError::Unresolved(format!("{host} has no {} address", kind.as_str())));
    }
    Ok(found)
}

async fn at(prober: &dyn Prober, monitor: &Monitor, address: IpAddr, key: KeyAsked) -> Result<Seen, ProbeError> {
    let host = monitor.domain.as_str().to_owned();
    let endpoint = Endpoint { host, address, port: monitor.port, starttls: monitor.starttls, key };
    let within = if key == KeyAsked::Any { WITHIN } else { OTHER_WITHIN };
    let handshake = prober.handshake(&endpoint, within).await?;
    let trust = match (&handshake.trust, &monitor.root_ca_pem) {
        (Err(_), Some(own)) => prober.trust(&handshake.chain, own),
        (trust, _) => trust.clone(),
    };
    Ok(Seen::new(&handshake, trust, &monitor.domain))
}
