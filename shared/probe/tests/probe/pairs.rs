//! Servers with an RSA and an ECDSA certificate for one name, and servers that want one from their visitors.

use domain::ports::{KeyAsked, KeyKind, ProbeError, TlsVersion};
use tempfile::TempDir;

use crate::peer::{Server, ask, look, material, openssl, serve, serving};

/// A server with both halves; `None` where there is no OpenSSL.
fn pair(options: &[&str]) -> Option<Server> {
    let directory = TempDir::new().unwrap();
    let ecdsa = material();
    std::fs::write(directory.path().join("cert.pem"), &ecdsa.leaf).unwrap();
    std::fs::write(directory.path().join("key.pem"), &ecdsa.key).unwrap();
    let subject = "/CN=www.example.com";
    let rsa =
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "rsa.key", "-out", "rsa.pem", "-subj", subject];
    if !openssl(directory.path(), &rsa) {
        eprintln!("SKIPPED: openssl is not installed");
        return None;
    }
    serve(directory, &[&["-dcert", "rsa.pem", "-dkey", "rsa.key"], options].concat())
}

#[tokio::test]
async fn shows_each_half_of_a_pair_when_asked() {
    let old = ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"];
    let suites = "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256";
    let cbc = ["-tls1_2", "-cipher", suites];
    for options in [&[][..], &["-tls1_2"], &old, &cbc] {
        let Some(server) = pair(options) else { return };
        let rsa = ask(server.address, KeyAsked::Rsa).await.unwrap();
        let ecdsa = ask(server.address, KeyAsked::Ecdsa).await.unwrap();
        assert_eq!((rsa.leaf.key_kind, ecdsa.leaf.key_kind), (KeyKind::Rsa, KeyKind::Ecc), "{options:?}");
        let any = look(server.address).await.unwrap();
        assert!([&rsa.chain, &ecdsa.chain].contains(&&any.chain), "{options:?}");
    }
}

#[tokio::test]
async fn a_server_with_one_kind_has_no_other_half() {
    for options in [&[][..], &["-tls1_2"]] {
        let Some(server) = serving(&material(), options) else { return };
        assert_eq!(ask(server.address, KeyAsked::Ecdsa).await.unwrap().leaf.key_kind, KeyKind::Ecc);
        let none = ask(server.address, KeyAsked::Rsa).await.unwrap_err();
        assert!(matches!(none, ProbeError::Tls(_)), "{none}");
    }
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_shows_its_own() {
    for (version, options) in
        [(TlsVersion::Tls12, ["-Verify", "1", "-tls1_2"]), (TlsVersion::Tls13, ["-Verify", "1", "-tls1_3"])]
    {
        let Some(server) = serving(&material(), &options) else { return };
        let seen = look(server.address).await.unwrap();
        assert_eq!((seen.version, seen.asks_for_certificate, seen.proof), (version, true, Ok(())));
    }
}
