//! What a certificate chain says.

use domain::certificates::Issued;
use domain::text::cut;
use domain::{Error, Result};
use jiff::Timestamp;
use pem::{EncodeConfig, LineEnding, Pem};
use rcgen::PublicKeyData;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use crate::keys;

/// The longest chain that is taken, in bytes of PEM: a row of the store holds it. That of a public CA has 6 KB.
const CHAIN_MAX: usize = 128 * 1024;
/// The most certificates of a chain.
const CERTIFICATES_MAX: usize = 16;
/// The most bytes of a name, or of a number in hex, that are kept.
const TEXT_MAX: usize = 512;

/// Reads what the leaf of a PEM chain says (RFC 5280 §4.1). The chain in it is the given one without whatever else the
/// text holds. Refuses a text without certificates, and a chain with one that cannot be read.
pub fn facts(chain_pem: &str) -> Result<Issued> {
    let chain = certificates(chain_pem)?;
    let leaf = parse(&chain[0])?;
    let time = |seconds| {
        Timestamp::from_second(seconds).map_err(|_| Error::invalid("chain", "has a date that is out of range"))
    };
    Ok(Issued {
        chain: to_pem(&chain),
        valid_from: time(leaf.validity().not_before.timestamp())?,
        valid_to: time(leaf.validity().not_after.timestamp())?,
        serial: cut(&serial(leaf.raw_serial()), TEXT_MAX),
        fingerprint: hex::encode(Sha256::digest(&chain[0])),
        issuer_name: cut(&leaf.issuer().to_string(), TEXT_MAX),
    })
}

/// Whether the leaf of a PEM chain is for this private key.
pub fn matches_key(chain_pem: &str, key_pem: &SecretString) -> Result<bool> {
    let chain = certificates(chain_pem)?;
    let leaf = parse(&chain[0])?;
    Ok(leaf.public_key().subject_public_key.data.as_ref() == keys::read(key_pem)?.der_bytes())
}

/// The names in the leaf of a PEM chain (RFC 5280 §4.2.1.6): DNS names as they stand there, in lower case.
pub fn names(chain_pem: &str) -> Result<Vec<String>> {
    let chain = certificates(chain_pem)?;
    let leaf = parse(&chain[0])?;
    let san = leaf
        .subject_alternative_name()
        .map_err(|_| Error::invalid("chain", "has a certificate whose names cannot be read"))?;
    let names = san.into_iter().flat_map(|san| &san.value.general_names);
    Ok(names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        .collect())
}

/// The certificates of a PEM text, DER, in their order; at least one, and each of them readable.
pub(crate) fn certificates(chain_pem: &str) -> Result<Vec<Vec<u8>>> {
    let wrong = || Error::invalid("chain", "must be PEM certificates, the leaf first");
    let too_long = || {
        Error::invalid("chain", format!("must be at most {CHAIN_MAX} bytes and {CERTIFICATES_MAX} certificates long"))
    };
    if chain_pem.len() > CHAIN_MAX {
        return Err(too_long());
    }
    let blocks = pem::parse_many(chain_pem).map_err(|_| wrong())?;
    let found: Vec<_> =
        blocks.into_iter().filter(|block| block.tag() == "CERTIFICATE").map(Pem::into_contents).collect();
    if found.is_empty() {
        return Err(wrong());
    }
    if found.len() > CERTIFICATES_MAX {
        return Err(too_long());
    }
    for der in &found {
        parse(der)?;
    }
    Ok(found)
}

/// PEM with the line ends that every server reads (RFC 7468).
pub(crate) fn to_pem<C: AsRef<[u8]>>(certificates: &[C]) -> String {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    certificates.iter().map(|der| pem::encode_config(&Pem::new("CERTIFICATE", der.as_ref()), config)).collect()
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(Error::invalid("chain", "has a certificate that cannot be read")),
    }
}

/// Hex of the number: DER puts a zero in front of one whose highest bit is set.
fn serial(raw: &[u8]) -> String {
    let number = match raw {
        [0, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    hex::encode(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_is_refused_in_plain_words() {
        let block = |bytes: &[u8]| to_pem(&[bytes]);
        for (text, words) in [
            (String::new(), "chain: must be PEM certificates, the leaf first"),
            ("hello".to_owned(), "chain: must be PEM certificates, the leaf first"),
            (
                "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n".to_owned(),
                "chain: must be PEM certificates, the leaf first",
            ),
            (block(b"hello"), "chain: has a certificate that cannot be read"),
            (block(b""), "chain: has a certificate that cannot be read"),
        ] {
            assert_eq!(facts(&text).unwrap_err().to_string(), words, "{text}");
            assert_eq!(names(&text).unwrap_err().to_string(), words, "{text}");
        }
    }

    #[test]
    fn a_chain_that_fills_a_row_is_refused() {
        let words = "chain: must be at most 131072 bytes and 16 certificates long";
        for text in ["x".repeat(CHAIN_MAX + 1), to_pem(&[b"hello"; 17])] {
            assert_eq!(facts(&text).unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn writes_serials_without_the_sign_byte() {
        assert_eq!(serial(&[0, 0x80, 1]), "8001");
        assert_eq!(serial(&[1, 0]), "0100");
        assert_eq!(serial(&[0]), "00");
    }
}
