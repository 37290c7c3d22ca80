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
                // As it is, and as a path, a query and JSON have it.
                let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
                let query: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
                let escaped = serde_json::to_string(secret).unwrap_or_default();
                let forms = [secret, &encoded, &query, escaped.trim_matches('"')];
                forms.into_iter().fold(text, |text, form| text.replace(form, "…"))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use domain::ports::DnsAccess;

    use super::Fields;
    use crate::providers::updater;
    use crate::reach::EXAMPLE;

    fn access(provider: &str, fields: &[(&str, &str)]) -> DnsAccess {
        let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).into())).collect();
        DnsAccess { provider: provider.into(), fields }
    }

    #[test]
    fn a_secret_is_in_no_form_in_what_is_said() {
        let access = access("rfc2136", &[("key", "My-Pass!2024 \"+")]);
        let fields = Fields::of(&access);
        let said = "https://x/?p=My-Pass%212024+%22%2B&q My%2DPass%212024%20%22%2B {\"p\":\"My-Pass!2024 \\\"+\"}";
        assert_eq!(fields.redact(said), "https://x/?p=…&q … {\"p\":\"…\"}");
    }

    #[test]
    fn a_port_is_a_number() {
        let of = |port| {
            let fields = [("host", "infoblox.example.com"), ("port", port), ("username", "u"), ("password", "pass")];
            let access = access("infoblox", &fields);
            updater("infoblox", &Fields::of(&access), EXAMPLE).is_ok()
        };
        assert!(of("8443") && !of("x@intranet.example:8443"));
    }
}
