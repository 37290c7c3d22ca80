use std::net::IpAddr;
use std::time::Duration;

use futures_util::future::join_all;

use super::{Look, Monitor, Outcome, Seen};
use crate::ports::{Endpoint, ProbeError, Prober};

/// How long one address may take, everything together.
const WITHIN: Duration = Duration::from_secs(10);

/// The most addresses of a name that are looked at.
const ADDRESSES_MAX: usize = 16;

/// Looks at every address of a monitor at once; each has ten seconds.
pub async fn look(prober: &dyn Prober, monitor: &Monitor) -> Vec<Look> {
    let failed = |address, error: ProbeError| Look { address, outcome: Outcome::Failed(error.into()) };
    let addresses = match addresses(prober, monitor).await {
        Ok(addresses) => addresses,
        Err(error) => return vec![failed(None, error)],
    };
    let looks = addresses.into_iter().map(async |address| {
        let outcome = match at(prober, monitor, address).await {
            Ok(seen) => Outcome::Answered(Box::new(seen)),
            Err(error) => Outcome::Failed(error.into()),
        };
        Look { address: Some(address), outcome }
    });
    join_all(looks).await
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

async fn at(prober: &dyn Prober, monitor: &Monitor, address: IpAddr) -> Result<Seen, ProbeError> {
    let host = monitor.domain.as_str().to_owned();
    let endpoint = Endpoint { host, address, port: monitor.port, starttls: monitor.starttls };
    let handshake = match prober.handshake(&endpoint, WITHIN).await {
        // Its certificate may still be seen; why there was no handshake tells more than why that is not.
        Err(ProbeError::Tls(reason)) => prober.glimpse(&endpoint, WITHIN).await.map_err(|_| ProbeError::Tls(reason))?,
        other => other?,
    };
    let trust = match (&handshake.trust, &monitor.root_ca_pem) {
        (Err(_), Some(own)) => prober.trust(&handshake.chain, own),
        (trust, _) => trust.clone(),
    };
    Ok(Seen::new(&handshake, trust, &monitor.domain))
}
