use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::names::DomainName;
use crate::{Error, Result};

/// A host that is looked at: a name of one label or more, in ASCII and lower case, or an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Host(String);

impl Host {
    /// Reads a host as a person writes it. A name of one label is one of a local network, or `localhost`.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        let text = text.trim();
        if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(Self(address.to_canonical().to_string()));
        }
        let text = text.trim_end_matches('.');
        if text.contains("*.") {
            return Err(Error::invalid(field, "must be one host, such as www.example.com, and no wildcard"));
        }
        if text.is_empty() || text.contains(['.', '。', '．', '｡']) {
            return Ok(Self(DomainName::parse(field, text)?.as_str().to_owned()));
        }
        let shown: String = text.chars().take(80).collect();
        let wrong = |why: &str| Error::invalid(field, format!("must be a host such as www.example.com; {why}"));
        let label = idna::domain_to_ascii_strict(text).map_err(|_| wrong(&format!("'{shown}' is not one")))?;
        // Systems read such names as addresses, each in its own way.
        let number = label.strip_prefix("0x").unwrap_or(&label);
        if number.bytes().all(|byte| byte.is_ascii_digit()) || number.len() < label.len() {
            return Err(wrong(&format!("'{shown}' is a number")));
        }
        Ok(Self(label))
    }

    /// As it is asked for.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address, where it is one.
    pub fn address(&self) -> Option<IpAddr> {
        self.0.parse().ok()
    }

    /// Whether the public DNS says nothing of it: an address, or a name of one label.
    pub fn is_local(&self) -> bool {
        self.address().is_some() || !self.0.contains('.')
    }

    /// As people read it: IDNA labels in Unicode.
    pub fn unicode(&self) -> String {
        idna::domain_to_unicode(&self.0).0
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_and_addresses() {
        for (text, read, local) in [
            ("www.Example.COM.", "www.example.com", false),
            ("Bücher.example", "xn--bcher-kva.example", false),
            ("localhost", "localhost", true),
            ("NAS", "nas", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("[2001:DB8::1]", "2001:db8::1", true),
            ("::ffff:192.0.2.7", "192.0.2.7", true),
        ] {
            let host = Host::parse("domain", text).unwrap();
            assert_eq!((host.as_str(), host.is_local()), (read, local), "{text}");
        }
        for text in
            ["", "*.example.com", "a b", "-a", "a_b", "2130706433", "0x7f000001", "0x", "127.1", "1.2.3.4.5", "a..b"]
        {
            let error = Host::parse("domain", text).unwrap_err().to_string();
            assert!(error.starts_with("domain: must be ") || error.starts_with("domain: must end"), "{text}: {error}");
        }
    }
}
