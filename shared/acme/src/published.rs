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

use crate::fault::{Fault, shortened};
use crate::order::URL_MAX;
use crate::transport::{Transport, https};

/// How long a directory is taken for true.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// The most profiles and names that are taken from a directory, and the longest, in bytes.
const LISTED_MAX: usize = 50;
const NAME_MAX: usize = 255;

/// The part of a directory that instant-acme keeps to itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Published {
    #[serde(default)]
    new_nonce: String,
    #[serde(default)]
    new_account: String,
    #[serde(default)]
    new_order: String,
    revoke_cert: Option<String>,
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
    /// One that a host answered just now. Refuses what is no directory, and one whose URLs cannot be called: instant-acme
    /// panics over a `newNonce` that is no URL.
    pub(crate) fn of(body: &[u8], host: &str) -> Result<Self, Fault> {
        let published: Published = serde_json::from_slice(body).map_err(|error| {
            Fault::refused(format!("the directory of {host} is not ACME: {error}; check the provider's directoryUrl"))
        })?;
        let Published { new_nonce, new_account, new_order, revoke_cert, renewal_info, meta: _ } = &published;
        let needed = [("newNonce", new_nonce), ("newAccount", new_account), ("newOrder", new_order)];
        let offered = [("revokeCert", revoke_cert), ("renewalInfo", renewal_info)];
        let offered = offered.into_iter().filter_map(|(field, url)| Some((field, url.as_ref()?)));
        let wrong = needed.into_iter().chain(offered).find(|(_, url)| https(url).is_none()).map(|(field, _)| field);
        match wrong {
            None => Ok(Self { at: Instant::now(), published }),
            Some(field) => Err(Fault::refused(format!(
                "the directory of {host} is not ACME: its {field} is no https URL; check the provider's directoryUrl"
            ))),
        }
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
    let Published { renewal_info, meta, .. } = transport.published().await?;
    let caa_identities =
        meta.caa_identities.into_iter().filter(|name| name.len() <= NAME_MAX).take(LISTED_MAX).collect();
    let profiles = meta.profiles.into_iter().filter(|(name, _)| name.len() <= NAME_MAX).take(LISTED_MAX);
    let profiles = profiles.map(|(name, words)| (name, shortened(&words))).collect();
    Ok(CaMeta { caa_identities, profiles, renewal_info: renewal_info.is_some() })
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
    let explanation_url = answer.explanation_url.filter(|url| url.len() <= URL_MAX);
    Ok(Some(RenewalInfo { start, end, explanation_url, retry_after }))
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
    use proptest::prelude::*;
    use serde_json::json;

    use super::{Read, identifier};

    proptest! {
        /// What instant-acme gets to see has URLs that it can call: it panics over others.
        #[test]
        fn a_directory_is_one_or_is_refused(bytes: Vec<u8>, nonce: String, order: String) {
            let _ = Read::of(&bytes, "ca.example");
            let url = "https://ca.example/";
            let directory = json!({ "newNonce": nonce, "newAccount": url, "newOrder": order });
            if Read::of(directory.to_string().as_bytes(), "ca.example").is_ok() {
                prop_assert!(nonce.starts_with("https://") && nonce.parse::<http::Uri>().is_ok());
                prop_assert!(order.starts_with("https://") && order.parse::<http::Uri>().is_ok());
            }
        }

        #[test]
        fn a_chain_is_named_or_refused(text: String, bytes: Vec<u8>) {
            let pem = pem(&bytes);
            let _ = (identifier(&text), identifier(&pem));
        }
    }

    fn pem(bytes: &[u8]) -> String {
        use base64::prelude::{BASE64_STANDARD, Engine};
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64_STANDARD.encode(bytes))
    }

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
