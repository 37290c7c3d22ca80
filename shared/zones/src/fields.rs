use std::collections::BTreeMap;

use domain::dns_credentials::{Field, FieldKind, provider};
use domain::ports::{DnsAccess, DnsWriteError};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// Shorter ones are in every text.
const SHORTEST_SECRET: usize = 4;

/// The fields of a credential, with what is known of each.
pub struct Fields<'a> {
    given: &'a BTreeMap<String, SecretString>,
    of: &'static [Field],
}

impl<'a> Fields<'a> {
    pub fn of(access: &'a DnsAccess) -> Self {
        Self { given: &access.fields, of: provider(&access.provider).map(|found| found.fields).unwrap_or_default() }
    }

    pub fn may(&self, name: &str) -> Option<&'a str> {
        self.given.get(name).map(ExposeSecret::expose_secret).filter(|text| !text.is_empty())
    }

    pub fn must(&self, name: &str) -> Result<&'a str, DnsWriteError> {
        self.may(name).ok_or_else(|| DnsWriteError::Credential(format!("the DNS credential lacks its field {name}")))
    }

    pub fn owned(&self, name: &str) -> Result<String, DnsWriteError> {
        self.must(name).map(str::to_owned)
    }

    pub fn own(&self, name: &str) -> Option<String> {
        self.may(name).map(str::to_owned)
    }

    /// Where the provider is reached, when the credential says so.
    pub fn address(&self) -> Option<(&'static str, &'a str)> {
        let addresses = self.of.iter().filter(|field| field.kind == FieldKind::Address);
        addresses.filter_map(|field| Some((field.name, self.may(field.name)?))).next()
    }

    /// A text of the provider's or its client's, without any secret that is in it.
    pub fn redact(&self, text: &str) -> String {
        let secrets = self.of.iter().filter(|field| field.kind == FieldKind::Secret);
        secrets.filter_map(|field| self.may(field.name)).filter(|secret| secret.len() >= SHORTEST_SECRET).fold(
            text.to_owned(),
            |text, secret| {
                let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
                let escaped = serde_json::to_string(secret).unwrap_or_default();
                text.replace(secret, "…").replace(&encoded, "…").replace(escaped.trim_matches('"'), "…")
            },
        )
    }
}
