//! Which addresses Steward may connect to on somebody's behalf (DESIGN §6).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Refuses private, link-local, loopback, metadata and otherwise special addresses, except those allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetPolicy {
    allowed: Vec<IpNet>,
    /// Whether the public internet is refused too.
    listed_only: bool,
}

impl TargetPolicy {
    /// Allows these networks beside the public internet (`STEWARD_ALLOW_TARGETS`).
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed, listed_only: false }
    }

    /// The same without the public internet: for what must not leave networks that the operator named.
    pub fn listed_only(&self) -> Self {
        Self { allowed: self.allowed.clone(), listed_only: true }
    }

    /// Whether a connection to this address may be made.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|net| net.contains(&address)) || (!self.listed_only && is_public(address))
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Not in the IANA special-purpose registry (RFC 6890 and its successors).
fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    !(a == 0
        || v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_documentation()
        || a >= 224
        || (a == 100 && (b & 0xc0) == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b & 0xfe) == 18))
}

/// Global unicast (RFC 4291) less what embeds or stands for another address.
fn is_public_v6(v6: Ipv6Addr) -> bool {
    let s = v6.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        // NAT64 (RFC 6052) and 6to4 (RFC 3056) reach the address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        [0x2001, 0xdb8, ..] | [0x2001, 0, ..] => false,
        _ => (s[0] & 0xe000) == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_special_addresses_and_allows_the_listed() {
        let policy = TargetPolicy::default();
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "fd00:ec2::254",
            "198.18.0.1",
        ] {
            assert!(!policy.permits(address.parse().unwrap()), "{address}");
        }
        for address in ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"] {
            assert!(policy.permits(address.parse().unwrap()), "{address}");
        }
        let lab = TargetPolicy::new(vec!["127.0.0.0/8".parse().unwrap()]);
        assert!(lab.permits("127.0.0.1".parse().unwrap()));
        assert!(lab.permits("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!lab.permits("10.0.0.1".parse().unwrap()));
        assert!(lab.permits("8.8.8.8".parse().unwrap()));
        assert!(lab.listed_only().permits("127.0.0.1".parse().unwrap()));
        assert!(!lab.listed_only().permits("8.8.8.8".parse().unwrap()));
    }
}
