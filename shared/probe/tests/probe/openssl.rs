use std::net::SocketAddr;
use std::time::{Duration, Instant};

use domain::ports::{KeyKind, ProbeError, Prober, TlsVersion, Trusted};
use tempfile::TempDir;

use crate::peer::{self, endpoint, look, material, openssl, prober, serve, serving};

#[tokio::test]
async fn reads_what_a_server_shows() {
    let material = material();
    let Some(server) = serving(&material, &[]) else { return };
    let seen = look(server.address).await.unwrap();
    assert_eq!((seen.version, &seen.proof, seen.asks_for_certificate), (TlsVersion::Tls13, &Ok(()), false));
    assert_eq!(seen.cipher, "TLS_AES_256_GCM_SHA384");
    assert_eq!(seen.chain.len(), 1);
    assert_eq!(seen.leaf.names, ["www.example.com", "*.example.com"]);
    assert_eq!(seen.leaf.organization.as_deref(), Some("Example Ltd"));
    assert_eq!((seen.leaf.key_kind, seen.leaf.key_bits), (KeyKind::Ecc, 256));
    assert_eq!(seen.leaf.signature, "ecdsa-with-SHA256");
    let reason = seen.trust.clone().unwrap_err();
    assert!(reason.starts_with("the server sends only its own certificate; that of its issuer (CN="), "{reason}");
    assert_eq!(prober().trust(&seen.chain, &material.root), Ok(Trusted::default()));
    let itself = prober().trust(&seen.chain, &material.leaf);
    assert_eq!(itself, Ok(Trusted::default()), "the certificate itself is among the roots");
    assert!(prober().trust(&seen.chain, &peer::material().root).is_err(), "another CA");
}

#[tokio::test]
async fn speaks_tls_1_2() {
    let Some(server) = serving(&material(), &["-tls1_2"]) else { return };
    let seen = look(server.address).await.unwrap();
    assert_eq!(seen.version, TlsVersion::Tls12);
    assert!(seen.cipher.starts_with("TLS_ECDHE_ECDSA_"), "{}", seen.cipher);
}

#[tokio::test]
async fn reports_a_short_rsa_key() {
    let directory = TempDir::new().unwrap();
    let made = openssl(
        directory.path(),
        &["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=x"],
    );
    if !made {
        eprintln!("SKIPPED: openssl is not installed");
        return;
    }
    let Some(server) = serve(directory, &["-cipher", "DEFAULT@SECLEVEL=0"]) else { return };
    let seen = look(server.address).await.unwrap();
    assert_eq!((seen.leaf.key_kind, seen.leaf.key_bits), (KeyKind::Rsa, 1024));
    assert_eq!(seen.trust, Err("the certificate is signed by itself, and by no authority".into()));
}

/// What nobody should speak any more is read as far as the certificate.
#[tokio::test]
async fn reads_what_old_servers_show() {
    for (options, version) in [
        (["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"], TlsVersion::Tls10),
        (["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], TlsVersion::Tls11),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"], TlsVersion::Tls12),
    ] {
        let Some(server) = serving(&material(), &options) else { return };
        let seen = look(server.address).await.unwrap();
        assert_eq!((seen.version, seen.leaf.names[0].as_str()), (version, "www.example.com"));
        let why = seen.proof.unwrap_err();
        assert!(why.starts_with("whether the server has the key of this certificate was not checked: no TLS"), "{why}");
    }
}

#[tokio::test]
async fn says_why_nothing_is_shown() {
    let closed = SocketAddr::from(([127, 0, 0, 1], 1));
    assert!(matches!(look(closed).await, Err(ProbeError::Unreachable(_))));

    let refused = look(SocketAddr::from(([10, 0, 0, 1], 443))).await.unwrap_err().to_string();
    assert!(refused.contains("STEWARD_ALLOW_TARGETS"), "{refused}");

    // No cipher suite that a client could want.
    let Some(server) = serving(&material(), &["-tls1_2", "-cipher", "NULL-SHA256:@SECLEVEL=0"]) else { return };
    let ProbeError::Tls(reason) = look(server.address).await.unwrap_err() else { panic!("another error") };
    assert!(reason.ends_with("it takes none of the cipher suites of TLS 1.2 and TLS 1.3 that are still thought safe"));
}

#[tokio::test]
async fn gives_up_a_silent_server_in_time() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = silent.local_addr().unwrap();
    let start = Instant::now();
    let late = prober().handshake(&endpoint(at), Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(late, ProbeError::Unreachable(format!("{at} did not answer within 0.3 s")));
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn says_what_is_no_root() {
    assert_eq!(prober().check_roots("hello"), Err("must be PEM certificates".into()));
    assert_eq!(prober().check_roots(&material().root), Ok(()));
}
