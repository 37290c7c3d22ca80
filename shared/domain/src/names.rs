//! Names from outside, checked once: domain names and e-mail addresses.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The longest domain name, in characters.
pub const DOMAIN_MAX: usize = 253;

/// The longest e-mail address, in bytes (RFC 5321 §4.5.3.1.3, without its brackets).
pub const EMAIL_MAX: usize = 254;

/// The entries of a list that somebody typed or pasted: separated by commas, semicolons (Chinese ones too), tabs or
/// line ends, without the blanks around them.
pub fn entries(text: &str) -> impl Iterator<Item = &str> {
    let separates = |c: char| matches!(c, ',' | ';' | '，' | '、' | '；' | '\t' | '\r' | '\n');
    text.split(separates).map(str::trim).filter(|entry| !entry.is_empty())
}

/// A DNS name in ASCII, lower case, without the final dot; perhaps a wildcard (`*.example.com`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DomainName(String);

impl DomainName {
    /// Reads a name as a person writes it: IDNA is turned into its ASCII form (UTS 46), case is folded.
    /// Refuses addresses, single labels, bad labels and wildcards other than one leading `*.`.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        let wrong = |reason: String| Error::invalid(field, reason);
        let text = text.trim().trim_end_matches('.');
        if text.is_empty() {
            return Err(wrong("must be a domain name such as example.com; it is empty".into()));
        }
        let (wildcard, base) = match text.strip_prefix("*.") {
            Some(base) => (true, base),
            None => (false, text),
        };
        let shown: String = text.chars().take(80).collect();
        let ascii = idna::domain_to_ascii_strict(base)
            .map_err(|_| wrong(format!("must be a domain name such as example.com; '{shown}' is not one")))?;
        if ascii.parse::<std::net::IpAddr>().is_ok() {
            return Err(wrong(format!("must be a domain name, not an address ('{shown}')")));
        }
        let labels: Vec<&str> = ascii.split('.').collect();
        if labels.len() < 2 {
            return Err(wrong(format!("must have at least two labels, such as example.com; '{shown}' has one")));
        }
        if labels.last().is_some_and(|tld| tld.bytes().all(|b| b.is_ascii_digit())) {
            return Err(wrong(format!("must end in a top-level domain that is not a number; '{shown}' does not")));
        }
        if ascii.len() + if wildcard { 2 } else { 0 } > DOMAIN_MAX {
            return Err(wrong(format!("must be at most {DOMAIN_MAX} characters long")));
        }
        Ok(Self(if wildcard { format!("*.{ascii}") } else { ascii }))
    }

    /// The name in ASCII.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as people read it: IDNA labels in Unicode.
    pub fn unicode(&self) -> String {
        let (unicode, _) = idna::domain_to_unicode(self.base());
        if self.0.starts_with("*.") { format!("*.{unicode}") } else { unicode }
    }

    /// The name to be proven: without `*.`.
    pub fn base(&self) -> &str {
        self.0.strip_prefix("*.").unwrap_or(&self.0)
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An e-mail address (RFC 5321), its domain in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Reads an address; its domain must have at least two labels.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        let options =
            email_address::Options::default().with_required_tld().without_display_text().without_domain_literal();
        let address = email_address::EmailAddress::parse_with_options(text.trim(), options)
            .map_err(|_| Error::invalid(field, "must be an e-mail address such as ops@example.com"))?;
        if address.as_str().len() > EMAIL_MAX {
            return Err(Error::invalid(field, format!("must be at most {EMAIL_MAX} characters long")));
        }
        Ok(Self(format!("{}@{}", address.local_part(), address.domain().to_ascii_lowercase())))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Email {
    /// Whether mail can reach it: not in a domain reserved for never existing (RFC 2606 §2).
    pub fn can_receive(&self) -> bool {
        !self.0.ends_with(".invalid")
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_as_people_write_them() {
        for (text, read) in [
            ("Example.COM.", "example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("*.example.com", "*.example.com"),
            ("*.bücher.example", "*.xn--bcher-kva.example"),
        ] {
            assert_eq!(DomainName::parse("domain", text).unwrap().as_str(), read);
            assert_eq!(DomainName::parse("domain", read).unwrap().unicode(), text.to_lowercase().trim_end_matches('.'));
        }
    }

    #[test]
    fn refuses_what_is_no_domain() {
        let long = format!("{}.com", "a".repeat(64));
        for text in [
            "",
            "localhost",
            "a..b",
            "-a.com",
            "a_b.com",
            "192.0.2.1",
            "[::1]",
            "*.*.com",
            "a.*.com",
            "*",
            "a b.com",
            &long,
            "x.1",
        ] {
            let error = DomainName::parse("domain", text).unwrap_err().to_string();
            assert!(error.starts_with("domain: must "), "{text}: {error}");
        }
    }

    #[test]
    fn a_pasted_list_has_many_separators() {
        let pasted =
            " a.example,b.example; c.example\r\n\td.example，e.example、f.example；g.example\u{3000},h.example,, ";
        let read: Vec<_> = entries(pasted).collect();
        let names: Vec<_> = ('a'..='h').map(|letter| format!("{letter}.example")).collect();
        assert_eq!(read, names);
        assert_eq!(entries(" \n;,").count(), 0);
        assert_eq!(entries("a b.example").collect::<Vec<_>>(), ["a b.example"]);
    }

    #[test]
    fn reads_and_refuses_addresses() {
        assert_eq!(Email::parse("email", "Ops@Example.COM").unwrap().as_str(), "Ops@example.com");
        for text in ["", "ops", "ops@", "@example.com", "a@b", "ops@example.com\r\nBcc: x@y.z", "A <a@b.co>"] {
            assert!(Email::parse("email", text).is_err(), "{text}");
        }
    }
}
