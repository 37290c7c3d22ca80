//! Certificates that no client takes, and that can be read all the same.

use std::path::Path;

use domain::ports::KeyKind;
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use tempfile::TempDir;

use crate::peer::{Server, look, openssl, serve};

/// A server with a certificate that these commands make; `None` where there is no OpenSSL.
fn made(commands: &[&[&str]]) -> Option<Server> {
    let directory = TempDir::new().unwrap();
    if commands.iter().any(|command| !openssl(directory.path(), command)) {
        eprintln!("SKIPPED: openssl is not installed");
        return None;
    }
    serve(directory, &[])
}

const SELF: [&str; 9] =
    ["-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=www.example.com", "-days", "9"];

#[tokio::test]
async fn version_1() {
    let request =
        ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "r.pem", "-subj", "/CN=x"];
    let sign = ["x509", "-req", "-in", "r.pem", "-signkey", "key.pem", "-out", "cert.pem"];
    let Some(server) = made(&[&request, &sign]) else { return };
    let seen = look(server.address).await.unwrap();
    assert_eq!(seen.proof, Ok(()));
    let why = seen.trust.unwrap_err();
    assert!(why.starts_with("the certificate is not of X.509 version 3"), "{why}");
}

fn write(directory: &Path, params: &CertificateParams) {
    let key = KeyPair::generate().unwrap();
    std::fs::write(directory.join("cert.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(directory.join("key.pem"), key.serialize_pem()).unwrap();
}

#[tokio::test]
async fn an_unknown_critical_extension() {
    let directory = TempDir::new().unwrap();
    let mut params = CertificateParams::new(["www.example.com".to_owned()]).unwrap();
    let mut unknown = CustomExtension::from_oid_content(&[1, 2, 3, 4, 5], vec![5, 0]);
    unknown.set_criticality(true);
    params.custom_extensions.push(unknown);
    write(directory.path(), &params);
    let Some(server) = serve(directory, &[]) else { return };
    let seen = look(server.address).await.unwrap();
    assert_eq!(seen.proof, Ok(()));
    let why = seen.trust.unwrap_err();
    assert!(why.starts_with("a certificate has an extension that is marked critical"), "{why}");
}

/// What the API says of a CA's certificate is a sentence, and no name of an enum.
#[tokio::test]
async fn the_certificate_of_a_ca() {
    let directory = TempDir::new().unwrap();
    let mut params = CertificateParams::new(["www.example.com".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let mut above = params.clone();
    above.distinguished_name.push(rcgen::DnType::CommonName, "above");
    let above = rcgen::CertifiedIssuer::self_signed(above, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    std::fs::write(directory.path().join("cert.pem"), params.signed_by(&key, &above).unwrap().pem()).unwrap();
    std::fs::write(directory.path().join("key.pem"), key.serialize_pem()).unwrap();
    let Some(server) = serve(directory, &[]) else { return };
    let why = look(server.address).await.unwrap().trust.unwrap_err();
    assert!(why.starts_with("the server shows the certificate of a CA as its own"), "{why}");
}

#[tokio::test]
async fn a_key_for_ed448() {
    let Some(server) = made(&[&[&["req", "-x509", "-newkey", "ed448"], &SELF[..]].concat()]) else { return };
    let seen = look(server.address).await.unwrap();
    assert_eq!((seen.leaf.key_kind, seen.leaf.key_bits), (KeyKind::Ecc, 456));
    let why = seen.proof.unwrap_err();
    assert!(why.ends_with("it is an Ed448 key, which Steward cannot check"), "{why}");
}

#[tokio::test]
async fn a_key_for_rsa_pss_only() {
    let request = ["req", "-x509", "-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"];
    let Some(server) = made(&[&[&request, &SELF[..]].concat()]) else { return };
    let seen = look(server.address).await.unwrap();
    assert_eq!((seen.leaf.key_kind, seen.leaf.key_bits, seen.proof), (KeyKind::Rsa, 2048, Ok(())));
}
