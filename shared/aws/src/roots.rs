//! The certificate authorities to trust.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Amazon Root CA 1 to 4 and the Starfield Services Root CA G2, as Mozilla's list has them (Debian's
/// ca-certificates): every endpoint of AWS has a certificate of one of these. The whole of that list would cost more
/// instructions to read than everything else at a cold start.
pub(crate) static AMAZON: &[u8] = include_bytes!("amazon-roots.pem");

/// The certificates of a PEM file that can be roots; a system's list may hold others too.
pub(crate) fn usable(file: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(file) {
        let certificate = certificate.map_err(|error| format!("it is not PEM: {error}"))?;
        roots.add_parsable_certificates([certificate]);
    }
    if roots.is_empty() {
        return Err("it holds no certificate that can be a root".into());
    }
    Ok(roots)
}
