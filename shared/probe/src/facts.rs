use std::net::IpAddr;

use domain::ports::{CertificateFacts, KeyKind};
use domain::text::cut;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::{PublicKey, RSAPublicKey};
use x509_parser::x509::SubjectPublicKeyInfo;

/// The most bytes of a text that are kept: a distinguished name in real life has a hundred or two.
const TEXT_MAX: usize = 512;
/// The longest DNS name (RFC 1035 §2.3.4).
const NAME_MAX: usize = 253;
/// The most octets of a serial number that are kept; RFC 5280 §4.1.2.2 allows twenty.
const SERIAL_MAX: usize = 32;
/// The most names, addresses and policies that are read.
const NAMES_MAX: usize = 10_000;

/// What a certificate says (RFC 5280 §4.1); `None` when it is no certificate.
pub(crate) fn facts(der: &[u8]) -> Option<CertificateFacts> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let (mut names, mut addresses, mut policies) = (Vec::new(), Vec::new(), Vec::new());
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(san) => {
                for name in &san.general_names {
                    match name {
                        GeneralName::DNSName(name) => names.push(cut(&name.to_ascii_lowercase(), NAME_MAX)),
                        GeneralName::IPAddress(bytes) => addresses.extend(address(bytes)),
                        _ => {}
                    }
                }
            }
            ParsedExtension::CertificatePolicies(claimed) => {
                policies.extend(claimed.iter().map(|policy| cut(&policy.policy_id.to_id_string(), NAME_MAX)));
            }
            _ => {}
        }
    }
    names.truncate(NAMES_MAX);
    addresses.truncate(NAMES_MAX);
    policies.truncate(NAMES_MAX);
    let organization = certificate.subject().iter_organization().next();
    let (key_kind, key_bits) = key(certificate.public_key());
    Some(CertificateFacts {
        names,
        addresses,
        subject: cut(&certificate.subject().to_string(), TEXT_MAX),
        organization: organization.and_then(|o| o.as_str().ok()).map(|name| cut(name, TEXT_MAX)),
        issuer: cut(&certificate.issuer().to_string(), TEXT_MAX),
        policies,
        valid_from: time(certificate.validity().not_before.timestamp()),
        valid_to: time(certificate.validity().not_after.timestamp()),
        key_kind,
        key_bits,
        signature: cut(&signature(&certificate.signature_algorithm.algorithm.to_id_string()), NAME_MAX),
        serial: serial(certificate.raw_serial()),
        fingerprint: hex::encode(Sha256::digest(der)),
    })
}

/// The length of a key where that is RSA.
pub(crate) fn rsa_bits(info: &SubjectPublicKeyInfo<'_>) -> Option<u32> {
    match key(info) {
        (KeyKind::Rsa, bits) => Some(bits),
        _ => None,
    }
}

/// Whose a certificate is, and when it ends.
pub(crate) fn subject_and_end(der: &[u8]) -> Option<(String, Timestamp)> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let end = time(certificate.validity().not_after.timestamp());
    Some((cut(&certificate.subject().to_string(), TEXT_MAX), end))
}

/// Whether a certificate names itself as its issuer.
pub(crate) fn is_self_issued(der: &[u8]) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(_, certificate)| certificate.subject() == certificate.issuer())
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// A date that jiff cannot hold is as far away as one can be.
fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn key(info: &SubjectPublicKeyInfo<'_>) -> (KeyKind, u32) {
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => (KeyKind::Rsa, modulus_bits(key.modulus)),
        Ok(PublicKey::EC(point)) => {
            let bits = u32::try_from(point.key_size()).unwrap_or_default();
            // P-521 fills its 66 bytes with 7 bits to spare.
            (KeyKind::Ecc, if bits == 528 { 521 } else { bits })
        }
        _ => match info.algorithm.algorithm.to_id_string().as_str() {
            // A key for RSASSA-PSS only (RFC 4055 §1.2) is an RSA key.
            "1.2.840.113549.1.1.10" => match RSAPublicKey::from_der(&info.subject_public_key.data) {
                Ok((_, key)) => (KeyKind::Rsa, modulus_bits(key.modulus)),
                Err(_) => (KeyKind::Other, 0),
            },
            // RFC 8410 §3.
            "1.3.101.112" => (KeyKind::Ecc, 256),
            "1.3.101.113" => (KeyKind::Ecc, 456),
            _ => (KeyKind::Other, u32::try_from(info.subject_public_key.data.len() * 8).unwrap_or_default()),
        },
    }
}

fn modulus_bits(modulus: &[u8]) -> u32 {
    let significant = modulus.iter().skip_while(|byte| **byte == 0);
    let first = significant.clone().next().map_or(0, |byte| byte.leading_zeros());
    u32::try_from(significant.count()).unwrap_or(u32::MAX).saturating_mul(8).saturating_sub(first)
}

/// The name that OpenSSL and the RFCs use for a signature algorithm; its OID where there is none.
fn signature(oid: &str) -> String {
    match oid {
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        other => other,
    }
    .to_owned()
}

/// Hex of the number: DER puts a zero in front of one whose highest bit is set.
fn serial(raw: &[u8]) -> String {
    let number = match raw {
        [0, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    cut(&hex::encode(number.get(..SERIAL_MAX * 2).unwrap_or(number)), 2 * SERIAL_MAX)
}
