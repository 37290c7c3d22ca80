//! Whether a server has the key of the certificate that it shows, by the bare public key in it.

use rustls::SignatureScheme;
use rustls::crypto::WebPkiSupportedAlgorithms;
use x509_parser::asn1_rs::Tag;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::facts;
use crate::verifier::RSA_PSS_ONLY;

/// The lengths of RSA keys whose signatures AWS-LC checks, bits.
const RSA_CHECKED: std::ops::RangeInclusive<u32> = 2048..=8192;

/// The OID of keys that are for RSASSA-PSS only (RFC 4055 §1.2).
const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";
/// The OID of Ed448 (RFC 8410 §3).
const ED448: &str = "1.3.101.113";

/// What a signature over the handshake proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The server has the key.
    Given,
    /// It does not.
    Wrong,
    /// It cannot be told, for this reason.
    NotChecked(String),
}

/// Checks a signature by the key in a certificate. The certificate itself may be as wrong as it likes: of version 1, with
/// extensions that nobody knows, expired, signed by nobody.
pub(crate) fn check(
    leaf: &[u8],
    scheme: SignatureScheme,
    message: &[u8],
    signature: &[u8],
    algorithms: &WebPkiSupportedAlgorithms,
) -> Proof {
    let not = |why: &str| {
        Proof::NotChecked(format!("whether the server has the key of this certificate was not checked: {why}"))
    };
    let Ok((_, certificate)) = X509Certificate::from_der(leaf) else { return not("the certificate cannot be read") };
    let key = certificate.public_key();
    if let Some(bits) = facts::rsa_bits(key)
        && !RSA_CHECKED.contains(&bits)
    {
        return not(&format!("Steward checks RSA keys of 2048 to 8192 bits, and this one has {bits}"));
    }
    let Some(identifier) = identifier(key) else { return not("its kind cannot be read") };
    let named = rustls_scheme(scheme);
    let mapped = algorithms.mapping.iter().find(|(known, _)| *known == named).map(|(_, candidates)| *candidates);
    let mut candidates = mapped.unwrap_or_default().iter();
    let fitting = candidates.find(|candidate| candidate.public_key_alg_id().starts_with(&identifier));
    match fitting {
        Some(algorithm) => match algorithm.verify_signature(&key.subject_public_key.data, message, signature) {
            Ok(()) => Proof::Given,
            Err(_) => Proof::Wrong,
        },
        None if key.algorithm.algorithm.to_id_string() == ED448 => {
            not("it is an Ed448 key, which Steward cannot check")
        }
        None => not("Steward does not know this kind of key or of signature"),
    }
}

/// The same padding under the name that rustls has for it.
fn rustls_scheme(scheme: SignatureScheme) -> SignatureScheme {
    use SignatureScheme::{RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512};
    let same = [RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512];
    RSA_PSS_ONLY.iter().zip(same).find(|(only, _)| **only == scheme).map_or(scheme, |(_, same)| same)
}

/// How the identifier of the key's kind begins, DER: the OID, and the curve where there is one.
fn identifier(key: &SubjectPublicKeyInfo<'_>) -> Option<Vec<u8>> {
    /// `rsaEncryption`: what a key for RSASSA-PSS is too, as far as checking goes.
    const RSA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let algorithm = &key.algorithm;
    if algorithm.algorithm.to_id_string() == RSASSA_PSS {
        return Some(RSA.to_vec());
    }
    let oid = |bytes: &[u8]| Some([&[0x06, u8::try_from(bytes.len()).ok()?], bytes].concat());
    let mut identifier = oid(algorithm.algorithm.as_bytes())?;
    // What is not an OID would be read as an empty one.
    let curve = algorithm.parameters.as_ref().filter(|parameters| parameters.tag() == Tag::Oid);
    if let Some(curve) = curve.and_then(|curve| curve.as_oid().ok()) {
        identifier.extend(oid(curve.as_bytes())?);
    }
    Some(identifier)
}
