//! Whatever a server sends is read within limits, and never panics.

use std::sync::Arc;

use domain::ports::{KeyAsked, KeyKind, StartTls};
use jiff::Timestamp;
use mutate::{cases, ends, mutated};
use proptest::prelude::*;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, SignatureScheme};

use crate::exchange::{self, BYTES_MAX, Meter, RECORDS_MAX};
use crate::plain::{Progress, Reader};
use crate::trust::{self, Roots};
use crate::verifier::Onlooker;
use crate::{facts, signature, starttls};

/// A leaf, an intermediate and their root.
fn chain() -> [Vec<u8>; 3] {
    let ca = |name: &str| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let root = CertifiedIssuer::self_signed(ca("root"), KeyPair::generate().unwrap()).unwrap();
    let below = CertifiedIssuer::signed_by(ca("below"), KeyPair::generate().unwrap(), &root).unwrap();
    let mut leaf = CertificateParams::new(["www.example.com".to_owned(), "*.example.com".to_owned()]).unwrap();
    leaf.distinguished_name.push(DnType::OrganizationName, "Example Ltd");
    leaf.subject_alt_names.push(SanType::IpAddress([192, 0, 2, 7].into()));
    leaf.is_ca = IsCa::ExplicitNoCa;
    let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &below).unwrap();
    [leaf.der().to_vec(), below.as_ref().der().to_vec(), root.as_ref().der().to_vec()]
}

/// What mail servers say before TLS.
fn greetings() -> Vec<Vec<u8>> {
    [
        "220 mail.example.com ESMTP\r\n250-mail.example.com\r\n250-SIZE 1000\r\n250 STARTTLS\r\n220 go ahead\r\n",
        "554 no\r\n",
        "* OK IMAP4rev2 ready\r\n* CAPABILITY STARTTLS\r\na1 OK begin\r\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Two roots.
fn pem() -> Vec<u8> {
    let params = CertificateParams::default();
    let root = || params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
    (root() + &root()).into_bytes()
}

/// What a server of TLS 1.2 says as far as its certificate, and what others say instead.
fn conversations() -> Vec<Vec<u8>> {
    let record = |kind: u8, content: &[u8]| {
        [&[kind, 3, 3], u16::try_from(content.len()).unwrap().to_be_bytes().as_slice(), content].concat()
    };
    let counted = |content: &[u8]| [&u32::try_from(content.len()).unwrap().to_be_bytes()[1..], content].concat();
    let hello = [[2, 0, 0, 38, 3, 2].as_slice(), &[7; 32], &[0, 0xc0, 0x13, 0]].concat();
    let list = chain().iter().flat_map(|der| counted(der)).collect::<Vec<_>>();
    let certificate = [&[11], counted(&counted(&list)).as_slice()].concat();
    let together = [hello.clone(), certificate.clone()].concat();
    let pieces = together.chunks(100).flat_map(|piece| record(22, piece)).collect();
    vec![
        [record(22, &hello), record(22, &certificate)].concat(),
        [record(21, &[1, 112]), record(22, &together)].concat(),
        pieces,
        record(21, &[2, 40]),
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
    ]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_is_said_before_a_certificate(bytes in mutated(conversations()), cut in 1..600usize) {
        let (mut reader, mut meter) = (Reader::default(), Meter::default());
        ends(|| for piece in bytes.chunks(cut) {
            let within = meter.takes(piece);
            match reader.take(piece) {
                Progress::More => {}
                Progress::Nothing => return,
                Progress::Shown(glimpse) => {
                    let total: usize = glimpse.chain.iter().map(Vec::len).sum();
                    assert!(!glimpse.chain.is_empty() && total <= bytes.len() && glimpse.cipher.len() < 64);
                    return;
                }
            }
            assert!(within && reader.held() <= BYTES_MAX.min(bytes.len()) && reader.read() <= RECORDS_MAX);
        });
    }

    #[test]
    fn what_is_said_before_tls(bytes in mutated(greetings()), imap in any::<bool>()) {
        let protocol = if imap { StartTls::Imap } else { StartTls::Smtp };
        let mut stream = tokio::io::join(bytes.as_slice(), tokio::io::sink());
        if let Err(error) = ends(|| wait(starttls::start(&mut stream, protocol))) {
            prop_assert!(error.to_string().len() < 1024, "{}", error);
        }
    }

    #[test]
    fn what_is_said_in_a_handshake(bytes in mutated(conversations())) {
        let onlooker = Onlooker::new(aws_lc_rs::default_provider().signature_verification_algorithms, KeyAsked::Any);
        let config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(onlooker))
            .with_no_client_auth();
        let mut tls = ClientConnection::new(config.into(), "www.example.com".try_into().unwrap()).unwrap();
        let mut stream = tokio::io::join(bytes.as_slice(), tokio::io::sink());
        prop_assert!(ends(|| wait(exchange::shake(&mut stream, &mut tls))).is_err());
    }

    #[test]
    fn what_a_certificate_says(der in mutated(chain().into())) {
        let Some(facts) = ends(|| facts::facts(&der)) else { return Ok(()) };
        let names = facts.names.iter().chain(&facts.policies);
        let texts = names.chain([&facts.subject, &facts.issuer, &facts.serial, &facts.signature]);
        prop_assert!(texts.chain(&facts.organization).all(|text| text.len() <= 512));
        prop_assert!(facts.names.len() + facts.addresses.len() <= der.len());
        prop_assert!(facts.key_kind != KeyKind::Rsa || facts.key_bits as usize <= 8 * der.len());
    }

    #[test]
    fn what_a_key_has_signed(der in mutated(chain().into()), scheme in any::<u16>(), known in any::<bool>(),
        signature in proptest::collection::vec(any::<u8>(), 0..80)) {
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        let scheme = if known { SignatureScheme::ECDSA_NISTP256_SHA256 } else { SignatureScheme::from(scheme) };
        let proof = ends(|| signature::check(&der, scheme, b"a handshake", &signature, &algorithms));
        prop_assert_ne!(proof, signature::Proof::Given);
    }

    #[test]
    fn where_a_chain_leads(ders in proptest::collection::vec(mutated(chain().into()), 0..20)) {
        let chain: Vec<_> = ders.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        let roots = RootCertStore::empty();
        let trusted = ends(|| trust::trust(&chain, &Roots::Public(&roots), &algorithms, Timestamp::UNIX_EPOCH));
        prop_assert!(trusted.is_err_and(|why| why.len() <= 1024));
    }

    #[test]
    fn what_is_given_as_roots(pem in mutated(vec![pem()])) {
        let _ = ends(|| Roots::read(&String::from_utf8_lossy(&pem)));
    }
}
