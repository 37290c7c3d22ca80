use std::sync::{Arc, Mutex, PoisonError};

use domain::ports::KeyAsked;
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use crate::signature::{self, Proof};

/// rsa_pss_pss_sha256 and its kin (RFC 8446 §4.2.3): signatures of keys that are for RSASSA-PSS only. rustls has no
/// names for them.
pub(crate) const RSA_PSS_ONLY: [SignatureScheme; 3] =
    [SignatureScheme::Unknown(0x0809), SignatureScheme::Unknown(0x080a), SignatureScheme::Unknown(0x080b)];

/// Takes every certificate, because looking at bad ones is what the handshake is for; trust is judged beside it. That
/// the server has the key of the certificate it shows is checked by the bare key, whatever else the certificate says:
/// without that, anybody could show anybody's.
#[derive(Debug)]
pub(crate) struct Onlooker {
    algorithms: WebPkiSupportedAlgorithms,
    schemes: Vec<SignatureScheme>,
    sighting: Mutex<Sighting>,
}

/// What was shown so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sighting {
    /// The certificates, the leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Whether the server has the leaf's key, once it has signed with it.
    pub proof: Option<Proof>,
}

impl Onlooker {
    /// Asks for a certificate by the signatures it claims to understand.
    pub fn new(algorithms: WebPkiSupportedAlgorithms, key: KeyAsked) -> Self {
        let mut schemes = algorithms.supported_schemes();
        // Ed448 cannot be checked, but its certificate can be read.
        schemes.push(SignatureScheme::ED448);
        schemes.extend(RSA_PSS_ONLY);
        schemes.retain(|scheme| match key {
            KeyAsked::Any => true,
            KeyAsked::Rsa => is_rsa(*scheme),
            // Those of PKCS#1 stay, because TLS 1.3 has them for signatures of CAs only; the suites for TLS 1.2 rule
            // out an RSA key.
            KeyAsked::Ecdsa => !is_rsa(*scheme) || is_pkcs1(*scheme),
        });
        Self { algorithms, schemes, sighting: Mutex::default() }
    }

    /// What was shown.
    pub fn sighting(&self) -> Sighting {
        self.sighting.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn check(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let proof = signature::check(leaf, signed.scheme, message, signed.signature(), &self.algorithms);
        let wrong = proof == Proof::Wrong;
        self.sighting.lock().unwrap_or_else(PoisonError::into_inner).proof = Some(proof);
        if wrong { Err(CertificateError::BadSignature.into()) } else { Ok(HandshakeSignatureValid::assertion()) }
    }
}

fn is_pkcs1(scheme: SignatureScheme) -> bool {
    use SignatureScheme::{RSA_PKCS1_SHA1, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512};
    [RSA_PKCS1_SHA1, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512].contains(&scheme)
}

fn is_rsa(scheme: SignatureScheme) -> bool {
    use SignatureScheme::{RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512};
    is_pkcs1(scheme)
        || [RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512].contains(&scheme)
        || RSA_PSS_ONLY.contains(&scheme)
}

impl ServerCertVerifier for Onlooker {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        above: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(leaf).chain(above).map(|der| der.clone().into_owned()).collect();
        self.sighting.lock().unwrap_or_else(PoisonError::into_inner).chain = chain;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

/// A visitor who has no certificate, and notes whether one was asked for.
#[derive(Debug, Default)]
pub(crate) struct Visitor {
    asked: std::sync::atomic::AtomicBool,
}

impl Visitor {
    /// Whether the server asked.
    pub fn was_asked(&self) -> bool {
        self.asked.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Visitor {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, std::sync::atomic::Ordering::Relaxed);
        None
    }

    /// rustls asks no resolver that says no here.
    fn has_certs(&self) -> bool {
        true
    }
}
