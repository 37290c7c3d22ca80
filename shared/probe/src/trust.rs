use std::time::Duration;

use jiff::Timestamp;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

use crate::facts;

/// Whether the chain, leaf first, leads to one of the roots; if not, why. The leaf's own dates are judged elsewhere, so
/// that an expired certificate is said to be expired, and no more: the chain is looked at as of the leaf's validity.
pub(crate) fn trust(
    chain: &[CertificateDer<'_>],
    roots: &RootCertStore,
    algorithms: &WebPkiSupportedAlgorithms,
    now: Timestamp,
) -> Result<(), String> {
    let Some((leaf, intermediates)) = chain.split_first() else { return Err("the server sent no certificate".into()) };
    let facts = facts::facts(leaf).ok_or("the certificate cannot be read")?;
    let at = now.min(facts.valid_to).max(facts.valid_from);
    let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default()));
    let parsed = ParsedCertificate::try_from(leaf).map_err(|error| reason(&error, chain, &facts.issuer))?;
    verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, at, algorithms.all)
        .map_err(|error| reason(&error, chain, &facts.issuer))
}

/// The certificates of a PEM text.
pub(crate) fn roots(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err("must be PEM certificates".into()),
    }
}

fn reason(error: &Error, chain: &[CertificateDer<'_>], issuer: &str) -> String {
    let Error::InvalidCertificate(error) = error else { return format!("the chain cannot be checked: {error}") };
    let last = chain.last().map(AsRef::as_ref).unwrap_or_default();
    match error {
        _ if chain.len() == 1 && facts::is_self_issued(last) => {
            "the certificate is signed by itself, and by no authority".into()
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "a certificate of the chain is signed in a way that is no longer trusted (such as SHA-1)".into()
        }
        CertificateError::UnknownIssuer if chain.len() == 1 => format!(
            "the server sends only its own certificate; that of its issuer ({issuer}) is missing, or is not trusted"
        ),
        CertificateError::UnknownIssuer if facts::is_self_issued(last) => {
            "the chain ends at a root that is not trusted".into()
        }
        CertificateError::UnknownIssuer => "the chain leads to no root that is trusted; a part may be missing".into(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "a certificate of the chain, above the server's own, has expired".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "a certificate of the chain, above the server's own, is not valid yet".into()
        }
        CertificateError::BadSignature => "a signature in the chain is wrong".into(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the certificate is not for servers".into()
        }
        other => format!("the chain is not valid: {other}"),
    }
}
