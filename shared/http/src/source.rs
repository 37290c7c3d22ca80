use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;

use crate::App;

/// The address a request came from: that of the connection, or what a proxy says of it that the operator trusts
/// (`STEWARD_TRUSTED_PROXIES`). A header that anybody can write does not count.
#[derive(Clone, Debug)]
pub struct Source(pub String);

impl FromRequestParts<App> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
            return Ok(Self("unknown".to_owned()));
        };
        let source = behind(peer.ip(), &parts.headers, &app.ctx.settings.trusted_proxies);
        Ok(Self(source.to_string()))
    }
}

/// The last address on the way to `peer` that is no trusted proxy.
fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address.to_canonical()));
    if !is_trusted(peer) {
        return peer;
    }
    let last = |hops: Vec<Option<IpAddr>>| {
        let mut nearest = peer;
        for hop in hops.into_iter().rev() {
            // What cannot be read was written by somebody whom nobody vouches for.
            let Some(address) = hop else { break };
            nearest = address;
            if !is_trusted(address) {
                break;
            }
        }
        nearest
    };
    let x_forwarded_for = values(headers, "x-forwarded-for").map(|text| address(text.trim())).collect();
    let forwarded = values(headers, "forwarded").map(forwarded_for).collect();
    // A proxy writes one of them, and passes the other on as its caller wrote it: two that differ prove nothing.
    match (last(x_forwarded_for), last(forwarded)) {
        (a, b) if a == b || b == peer => a,
        (a, b) if a == peer => b,
        _ => peer,
    }
}

/// The elements of a list header, of all its lines.
fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().flat_map(|line| line.to_str().unwrap_or("?").split(','))
}

/// The `for` of an element of `Forwarded` (RFC 7239 §4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    address(node.trim().trim_matches('"'))
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let bare = bracketed.unwrap_or(text).parse::<IpAddr>().ok();
    bare.or_else(|| text.parse::<SocketAddr>().map(|with_port| with_port.ip()).ok()).map(|found| found.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(peer: &str, headers: &[(&'static str, &str)], trusted: &[&str]) -> String {
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        behind(peer.parse().unwrap(), &map, &trusted).to_string()
    }

    #[test]
    fn a_trusted_proxy_says_where_a_request_comes_from() {
        let xff = "x-forwarded-for";
        let proxies = ["10.0.0.0/8", "fd00::/8"];
        for (peer, headers, expected) in [
            // Nobody vouches for what a stranger writes.
            ("192.0.2.9", vec![(xff, "198.51.100.1")], "192.0.2.9"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec![(xff, "198.51.100.1")], "198.51.100.1"),
            ("::ffff:10.0.0.1", vec![(xff, "198.51.100.1")], "198.51.100.1"),
            // What the caller wrote stands before what the proxy appended.
            ("10.0.0.1", vec![(xff, "203.0.113.7, 198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", vec![(xff, "203.0.113.7"), (xff, "198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", vec![(xff, "198.51.100.1, 10.9.9.9")], "198.51.100.1"),
            ("10.0.0.1", vec![(xff, "10.1.1.1, 10.2.2.2")], "10.1.1.1"),
            ("10.0.0.1", vec![(xff, "198.51.100.1, unknown")], "10.0.0.1"),
            ("10.0.0.1", vec![(xff, "198.51.100.1, unknown, 10.2.2.2")], "10.2.2.2"),
            ("10.0.0.1", vec![(xff, "[2001:db8::1]:443")], "2001:db8::1"),
            ("10.0.0.1", vec![(xff, "198.51.100.1:5000")], "198.51.100.1"),
            ("fd00::1", vec![("forwarded", "for=203.0.113.7, for=\"[2001:db8::1]:99\";proto=https")], "2001:db8::1"),
            ("10.0.0.1", vec![("forwarded", "proto=https;For=198.51.100.1;by=10.0.0.1")], "198.51.100.1"),
            ("10.0.0.1", vec![("forwarded", "for=_hidden")], "10.0.0.1"),
            // Two that differ: one of them is the caller's.
            ("10.0.0.1", vec![(xff, "198.51.100.1"), ("forwarded", "for=203.0.113.7")], "10.0.0.1"),
            ("10.0.0.1", vec![(xff, "198.51.100.1"), ("forwarded", "for=198.51.100.1")], "198.51.100.1"),
        ] {
            assert_eq!(source(peer, &headers, &proxies), expected, "{peer} {headers:?}");
        }
    }
}
