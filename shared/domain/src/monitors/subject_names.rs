use super::Host;

/// Whether a name in a certificate stands for a host (RFC 9525 §6.3): the same name, or one whose first label is `*`
/// and the rest the same. Both are in ASCII (IDNA A-labels); a `*` stands for one whole label, and for nothing less. No name stands for an
/// address (§6.5).
pub fn matches(presented: &str, host: &Host) -> bool {
    if host.address().is_some() {
        return false;
    }
    let (presented, host) = (presented.trim_end_matches('.'), host.as_str());
    if let Some(parent) = presented.strip_prefix("*.") {
        let of_host = host.split_once('.').filter(|(label, _)| !label.is_empty());
        return parent.contains('.') && of_host.is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent));
    }
    presented.eq_ignore_ascii_case(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_rfc_9525() {
        let host = |text: &str| Host::parse("domain", text).unwrap();
        for (presented, name, expected) in [
            ("www.example.com", "www.example.com", true),
            ("WWW.Example.COM", "www.example.com", true),
            ("example.com", "www.example.com", false),
            ("*.example.com", "www.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.b.example.com", false),
            ("w*.example.com", "www.example.com", false),
            ("www.*.com", "www.example.com", false),
            ("*.com", "example.com", false),
            ("*", "example.com", false),
            ("xn--bcher-kva.example", "bücher.example", true),
            ("*.xn--bcher-kva.example", "www.bücher.example", true),
            ("", "example.com", false),
            ("localhost", "localhost", true),
            ("*.local", "nas", false),
            ("192.0.2.7", "192.0.2.7", false),
            ("*.0.2.7", "192.0.2.7", false),
        ] {
            assert_eq!(matches(presented, &host(name)), expected, "{presented} for {name}");
        }
    }
}
