//! Providers that a credential names the address of: what that may be, and where a name server is.

use std::net::{Ipv4Addr, SocketAddr};

use dial::{DialError, Dialler};
use domain::ports::DnsWriteError;
use url::Url;

use crate::fields::Fields;

/// Stands for the name server while fields are only checked.
pub const EXAMPLE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), DNS);

const DNS: u16 = 53;

/// The field that names a name server; the others that hold an address are of HTTP.
const NAME_SERVER: &str = "server";

struct Target {
    host: String,
    port: u16,
}

/// Refuses what is no address.
pub fn check(fields: &Fields<'_>) -> Result<(), DnsWriteError> {
    fields.address().map_or(Ok(()), |(name, text)| target(name, text).map(|_| ()))
}

/// Where the credential's own name server is (RFC 2136), once the policy has let it through; whatever, for a provider
/// that is reached by HTTP: there the connection itself is guarded.
pub async fn reach(dialler: &Dialler, fields: &Fields<'_>) -> Result<SocketAddr, DnsWriteError> {
    let Some((name @ NAME_SERVER, text)) = fields.address() else { return Ok(EXAMPLE) };
    let target = target(name, text)?;
    match dialler.resolve(&target.host).await {
        Ok(addresses) => addresses
            .first()
            .map(|ip| SocketAddr::new(*ip, target.port))
            .ok_or_else(|| DnsWriteError::Refused(format!("{} has no address", target.host))),
        Err(DialError::Refused(refusal)) => Err(DnsWriteError::Refused(refusal.to_string())),
        Err(error) => Err(DnsWriteError::Later { reason: error.to_string(), retry_after: None }),
    }
}

fn target(name: &str, text: &str) -> Result<Target, DnsWriteError> {
    let wrong = || {
        DnsWriteError::Refused(format!("{name}: must be a host, host:port or an https URL, such as ns1.example.com:53"))
    };
    let (text, default) = match (name, text.contains("://")) {
        (NAME_SERVER, true) => return Err(wrong()),
        (NAME_SERVER, false) => (format!("dns://{text}"), DNS),
        (_, true) => (text.to_owned(), 443),
        (_, false) => (format!("https://{text}"), 443),
    };
    let url = Url::parse(&text).map_err(|_| wrong())?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().or(url.fragment()).is_none();
    if !plain || !matches!(url.scheme(), "dns" | "https" | "http") || (default == DNS && url.path().len() > 1) {
        return Err(wrong());
    }
    let port = url.port_or_known_default().unwrap_or(default);
    let host = host.trim_matches(['[', ']']).to_owned();
    Ok(Target { host, port })
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn reads_servers_and_urls() {
        for (name, text, host, port) in [
            ("server", "ns1.example.com", "ns1.example.com", 53),
            ("server", "192.0.2.1:5353", "192.0.2.1", 5353),
            ("server", "[2001:db8::1]:53", "2001:db8::1", 53),
            ("url", "https://pdns.example.com:8081", "pdns.example.com", 8081),
            ("url", "http://pdns.example.com/base", "pdns.example.com", 80),
            ("host", "infoblox.example.com", "infoblox.example.com", 443),
        ] {
            let read = target(name, text).unwrap();
            assert_eq!((read.host.as_str(), read.port), (host, port), "{text}");
        }
        for (name, text) in [
            ("server", "https://ns1.example.com"),
            ("server", "ns1.example.com/path"),
            ("url", "ftp://x.example"),
            ("url", "https://user:password@x.example"),
            ("url", "https://x.example/latest#"),
            ("host", "a b"),
        ] {
            assert!(target(name, text).is_err(), "{text}");
        }
    }
}
