//! The certificate authorities to trust.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

/// Amazon Root CA 1 to 4 and the Starfield Services Root CA G2, as Mozilla's list has them (Debian's
/// ca-certificates): every endpoint of AWS has a certificate of one of these. The whole of that list would cost more
/// instructions to read than everything else at a cold start.
pub(crate) static AMAZON: &[u8] = include_bytes!("amazon-roots.pem");

/// The certificates of a PEM file that can be roots. The SDK panics on others, and a system's list may hold some.
pub(crate) fn usable(file: &[u8]) -> Result<Vec<u8>, String> {
    let blocks = pem::parse_many(file).map_err(|error| format!("it is not PEM: {error}"))?;
    let is_root = |block: &pem::Pem| {
        let certificate = CertificateDer::from(block.contents());
        block.tag() == "CERTIFICATE" && RootCertStore::empty().add(certificate).is_ok()
    };
    let usable: Vec<_> = blocks.into_iter().filter(is_root).collect();
    if usable.is_empty() {
        return Err("it holds no certificate that can be a root".into());
    }
    Ok(pem::encode_many(&usable).into_bytes())
}
