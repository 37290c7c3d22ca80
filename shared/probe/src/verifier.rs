use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use crate::facts;

/// The shortest RSA key whose signatures AWS-LC checks in TLS, bits.
const SHORTEST_RSA: u32 = 2048;

/// Takes every certificate, because looking at bad ones is what the handshake is for; trust is judged beside it. That
/// the server has the key of the certificate it shows is checked: without that, anybody could show anybody's.
#[derive(Debug)]
pub(crate) struct Onlooker(pub Arc<CryptoProvider>);

impl ServerCertVerifier for Onlooker {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let checked = verify_tls12_signature(message, leaf, signed, &self.0.signature_verification_algorithms);
        unless_too_short(checked, leaf)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let checked = verify_tls13_signature(message, leaf, signed, &self.0.signature_verification_algorithms);
        unless_too_short(checked, leaf)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// A signature by a key that is too short to be checked proves nothing either way; the key's length is reported.
fn unless_too_short(
    checked: Result<HandshakeSignatureValid, Error>,
    leaf: &CertificateDer<'_>,
) -> Result<HandshakeSignatureValid, Error> {
    match checked {
        Err(Error::InvalidCertificate(CertificateError::BadSignature))
            if facts::rsa_bits(leaf).is_some_and(|bits| bits < SHORTEST_RSA) =>
        {
            Ok(HandshakeSignatureValid::assertion())
        }
        checked => checked,
    }
}
