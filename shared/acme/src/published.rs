//! What a CA publishes to anybody: its directory (RFC 8555 §7.1.1), and when it would have a certificate renewed
//! (RFC 9773 §4).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::ports::{CaMeta, RenewalInfo};
use instant_acme::CertificateIdentifier;
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;

use crate::fault::Fault;
use crate::transport::Transport;

/// How long a directory is taken for true.
const FRESH: Duration = Duration::from_secs(60 * 60);

/// The part of a directory that instant-acme keeps to itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Published {
    renewal_info: Option<String>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    #[serde(default)]
    caa_identities: Vec<String>,
    #[serde(default)]
    profiles: BTreeMap<String, String>,
}

/// A directory and when it was read.
pub(crate) struct Read {
    at: Instant,
    published: Published,
}

impl Read {
    /// One that was read just now; `None` where it is no directory.
    pub(crate) fn now(body: &[u8]) -> Option<Self> {
        Some(Self { at: Instant::now(), published: serde_json::from_slice(body).ok()? })
    }

    pub(crate) fn fresh(&self) -> Option<Published> {
        (self.at.elapsed() < FRESH).then(|| self.published.clone())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    suggested_window: Window,
    #[serde(rename = "explanationURL")]
    explanation_url: Option<String>,
}

#[derive(Deserialize)]
struct Window {
    start: Timestamp,
    end: Timestamp,
}

pub(crate) async fn meta(transport: &Transport) -> Result<CaMeta, Fault> {
    let Published { renewal_info, meta } = transport.published().await?;
    Ok(CaMeta { caa_identities: meta.caa_identities, profiles: meta.profiles, renewal_info: renewal_info.is_some() })
}

pub(crate) async fn renewal_info(transport: &Transport, chain_pem: &str) -> Result<Option<RenewalInfo>, Fault> {
    let Some(base) = transport.published().await?.renewal_info else { return Ok(None) };
    let url = format!("{}/{}", base.trim_end_matches('/'), identifier(chain_pem)?);
    let (body, retry_after) = transport.fetch(&url).await?;
    let strange = || Fault::later(format!("{base} answered what is no renewal information"), None);
    let answer: Answer = serde_json::from_slice(&body).map_err(|_| strange())?;
    let Window { start, end } = answer.suggested_window;
    // RFC 9773 §4.2: such a window is to be taken for none.
    if end <= start {
        return Err(strange());
    }
    Ok(Some(RenewalInfo { start, end, explanation_url: answer.explanation_url, retry_after }))
}

/// The CertID of the leaf of a PEM chain (RFC 9773 §4.1).
pub(crate) fn identifier(chain_pem: &str) -> Result<CertificateIdentifier<'static>, Fault> {
    let unusable = |reason: String| Fault::refused(format!("the certificate cannot be named to the CA: {reason}"));
    let leaf = CertificateDer::from_pem_slice(chain_pem.as_bytes())
        .map_err(|_| unusable("there is no PEM certificate".into()))?;
    let identifier = CertificateIdentifier::try_from(&leaf).map_err(unusable)?;
    Ok(identifier.into_owned())
}

#[cfg(test)]
mod tests {
    use super::identifier;

    /// RFC 9773, Appendix A: a serial number whose first bit is set, and which DER therefore begins with a zero.
    const EXAMPLE: &str = "-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
";

    #[test]
    fn a_certificate_is_named_as_the_rfc_does() {
        let identifier = identifier(EXAMPLE).map(|identifier| identifier.to_string());
        assert_eq!(identifier.ok().as_deref(), Some("aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"));
    }
}
