//! What the well-known CAs publish of themselves: their limits, and the names they look for in CAA records.

use super::Provider;
use super::budget::{Limit, LimitKind};

const fn limit(kind: LimitKind, of: u32, per_seconds: u32) -> Limit {
    Limit { kind, of, per_seconds }
}

const HOUR: u32 = 3600;
const WEEK: u32 = 7 * 24 * HOUR;

/// <https://letsencrypt.org/docs/rate-limits/>
const LETS_ENCRYPT: [Limit; 4] = [
    limit(LimitKind::NewOrders, 300, 3 * HOUR),
    limit(LimitKind::CertificatesPerDomain, 50, WEEK),
    limit(LimitKind::CertificatesPerNames, 5, WEEK),
    limit(LimitKind::FailedValidations, 5, HOUR),
];

/// <https://letsencrypt.org/docs/staging-environment/>
const LETS_ENCRYPT_STAGING: [Limit; 4] = [
    limit(LimitKind::NewOrders, 1500, 3 * HOUR),
    limit(LimitKind::CertificatesPerDomain, 30_000, WEEK),
    limit(LimitKind::CertificatesPerNames, 30_000, WEEK),
    limit(LimitKind::FailedValidations, 200, HOUR),
];

/// Who a CA is in CAA records, for directories that do not say (`caaIdentities`, RFC 8555 §7.1.1).
const IDENTITIES: [(&str, &[&str]); 4] = [
    ("acme-v02.api.letsencrypt.org", &["letsencrypt.org"]),
    ("acme-staging-v02.api.letsencrypt.org", &["letsencrypt.org"]),
    ("dv.acme-v02.api.pki.goog", &["pki.goog"]),
    ("acme.zerossl.com", &["sectigo.com", "trust-provider.com", "usertrust.com", "comodoca.com", "comodo.com"]),
];

fn host(provider: &Provider) -> String {
    let url = url::Url::parse(&provider.directory.url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

impl Provider {
    /// The limits of the CA: those an administrator gave, else those it is known for; none where none are known.
    pub fn limits(&self) -> &[Limit] {
        match &self.limits {
            Some(own) => own,
            None => match host(self).as_str() {
                "acme-v02.api.letsencrypt.org" => &LETS_ENCRYPT,
                "acme-staging-v02.api.letsencrypt.org" => &LETS_ENCRYPT_STAGING,
                _ => &[],
            },
        }
    }
}

/// The names that a well-known CA looks for in CAA records; nothing where they are not known.
pub fn caa_identities(provider: &Provider) -> Option<Vec<String>> {
    let host = host(provider);
    let (_, names) = IDENTITIES.into_iter().find(|(of, _)| *of == host)?;
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

/// Whether the CA is known to refuse an order with a name that a wildcard of the same order covers.
pub fn refuses_redundant_names(provider: &Provider) -> bool {
    matches!(host(provider).as_str(), "acme-v02.api.letsencrypt.org" | "acme-staging-v02.api.letsencrypt.org")
}
