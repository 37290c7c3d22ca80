//! What a site serves, as its visitors see it.

use std::net::IpAddr;
use std::time::Duration;

use domain::Context;
use domain::deployments::{Served, Site};
use domain::ports::{Endpoint, KeyAsked, ProbeError};
use futures_util::future::join_all;
use sha2::{Digest, Sha256};

/// How long one handshake may take.
const WITHIN: Duration = Duration::from_secs(5);

/// What is served at each address of the site, under each name, and why nothing is where nothing is. A site may have one
/// certificate with an RSA key and one with an ECDSA key: the one of the deployed key's kind is asked for.
pub(crate) async fn look(ctx: &Context, site: &Site) -> Vec<(Served, Option<ProbeError>)> {
    join_all(site.endpoints.iter().map(|endpoint| one(ctx, endpoint, site.key))).await
}

async fn one(
    ctx: &Context,
    (name, address, port): &(String, IpAddr, u16),
    key: KeyAsked,
) -> (Served, Option<ProbeError>) {
    let endpoint = Endpoint { host: name.clone(), address: *address, port: *port, starttls: None, key };
    let mut seen = ctx.prober.handshake(&endpoint, WITHIN).await;
    if key != KeyAsked::Any && matches!(seen, Err(ProbeError::Tls(_))) {
        // It may have a certificate of the other kind alone.
        seen = ctx.prober.handshake(&Endpoint { key: KeyAsked::Any, ..endpoint }, WITHIN).await;
    }
    let (fingerprint, problem) = match seen {
        Ok(handshake) => (handshake.chain.first().map(|leaf| hex::encode(Sha256::digest(leaf))), None),
        Err(error) => (None, Some(error)),
    };
    (Served { name: name.clone(), address: *address, port: *port, fingerprint }, problem)
}

/// In words, for a person.
pub(crate) fn words(served: &Served, problem: Option<&ProbeError>) -> String {
    let place = match served.address {
        IpAddr::V4(address) => format!("{address}:{}", served.port),
        IpAddr::V6(address) => format!("[{address}]:{}", served.port),
    };
    match (&served.fingerprint, problem) {
        (Some(fingerprint), _) => format!("{place} serves the certificate {} for {}", short(fingerprint), served.name),
        (None, Some(problem)) => format!("{place} serves nothing for {}: {problem}", served.name),
        (None, None) => format!("{place} serves nothing for {}", served.name),
    }
}

/// Enough of a fingerprint to tell it from others.
pub(crate) fn short(fingerprint: &str) -> &str {
    fingerprint.get(..16).unwrap_or(fingerprint)
}
