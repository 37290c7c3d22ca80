//! The prober against OpenSSL's own server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ports::{Endpoint, Handshake, KeyKind, ProbeError, Prober, TlsVersion};
use domain::targets::TargetPolicy;
use probe::RustlsProber;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use system::SystemClock;
use tempfile::TempDir;

const WITHIN: Duration = Duration::from_secs(5);

struct Server {
    child: Child,
    address: SocketAddr,
    _directory: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Material {
    root: String,
    leaf: String,
    key: String,
}

fn material() -> Material {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(DnType::CommonName, "a test's CA");
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(["www.example.com".to_owned(), "*.example.com".to_owned()]).unwrap();
    leaf.distinguished_name.push(DnType::OrganizationName, "Example Ltd");
    let leaf = leaf.signed_by(&key, &ca).unwrap();
    Material { root: ca.pem(), leaf: leaf.pem(), key: key.serialize_pem() }
}

fn openssl(directory: &Path, arguments: &[&str]) -> bool {
    let mut run = Command::new("openssl");
    run.args(arguments).current_dir(directory).stdout(Stdio::null()).stderr(Stdio::null());
    run.status().is_ok_and(|status| status.success())
}

/// `None`, said aloud, where there is no OpenSSL.
fn serve(directory: TempDir, arguments: &[&str]) -> Option<Server> {
    let spawned = Command::new("openssl")
        .args(["s_server", "-www", "-accept", "127.0.0.1:0", "-cert", "cert.pem", "-key", "key.pem"])
        .args(arguments)
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = spawned else {
        eprintln!("SKIPPED: openssl is not installed");
        return None;
    };
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.find_map(|line| line.ok()?.strip_prefix("ACCEPT ")?.trim().parse().ok()).unwrap();
    // Read on, or the server would block on a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    Some(Server { child, address, _directory: directory })
}

fn serving(material: &Material, arguments: &[&str]) -> Option<Server> {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("cert.pem"), &material.leaf).unwrap();
    std::fs::write(directory.path().join("key.pem"), &material.key).unwrap();
    serve(directory, arguments)
}

fn prober() -> RustlsProber {
    RustlsProber::new(TargetPolicy::new(vec!["127.0.0.0/8".parse().unwrap()]), Arc::new(SystemClock))
}

async fn look(at: SocketAddr) -> Result<Handshake, ProbeError> {
    let endpoint = Endpoint { host: "www.example.com".into(), address: at.ip(), port: at.port(), starttls: None };
    prober().handshake(&endpoint, WITHIN).await
}

#[tokio::test]
async fn reads_what_a_server_shows() {
    let material = material();
    let Some(server) = serving(&material, &[]) else { return };
    let seen = look(server.address).await.unwrap();
    assert_eq!(seen.version, TlsVersion::Tls13);
    assert_eq!(seen.cipher, "TLS_AES_256_GCM_SHA384");
    assert_eq!(seen.chain.len(), 1);
    assert_eq!(seen.leaf.names, ["www.example.com", "*.example.com"]);
    assert_eq!(seen.leaf.organization.as_deref(), Some("Example Ltd"));
    assert_eq!((seen.leaf.key_kind, seen.leaf.key_bits), (KeyKind::Ecc, 256));
    assert_eq!(seen.leaf.signature, "ecdsa-with-SHA256");
    let reason = seen.trust.clone().unwrap_err();
    assert!(reason.starts_with("the server sends only its own certificate; that of its issuer (CN="), "{reason}");
    assert_eq!(prober().trust(&seen.chain, &material.root), Ok(()));
    assert_eq!(prober().trust(&seen.chain, &material.leaf), Ok(()), "the certificate itself is among the roots");
    assert!(prober().trust(&seen.chain, &self::material().root).is_err(), "another CA");
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

#[tokio::test]
async fn says_why_there_is_no_handshake() {
    let Some(server) = serving(&material(), &["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"]) else { return };
    let ProbeError::Tls(reason) = look(server.address).await.unwrap_err() else { panic!("another error") };
    assert!(reason.contains("offers neither TLS 1.2 nor TLS 1.3"), "{reason}");
    let at = server.address;
    let endpoint = Endpoint { host: "www.example.com".into(), address: at.ip(), port: at.port(), starttls: None };
    let seen = prober().glimpse(&endpoint, WITHIN).await.unwrap();
    assert_eq!((seen.version, seen.leaf.names[0].as_str()), (TlsVersion::Tls10, "www.example.com"));

    let closed = SocketAddr::from(([127, 0, 0, 1], 1));
    assert!(matches!(look(closed).await, Err(ProbeError::Unreachable(_))));

    let endpoint = Endpoint { host: "a.example".into(), address: [10, 0, 0, 1].into(), port: 443, starttls: None };
    let refused = prober().handshake(&endpoint, WITHIN).await.unwrap_err().to_string();
    assert!(refused.contains("STEWARD_ALLOW_TARGETS"), "{refused}");
}

#[tokio::test]
async fn gives_up_a_silent_server_in_time() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = silent.local_addr().unwrap();
    let endpoint = Endpoint { host: "a.example".into(), address: at.ip(), port: at.port(), starttls: None };
    let start = Instant::now();
    let late = prober().handshake(&endpoint, Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(late, ProbeError::Unreachable(format!("{at} did not answer within 0.3 s")));
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn says_what_is_no_root() {
    assert_eq!(prober().check_roots("hello"), Err("must be PEM certificates".into()));
    assert_eq!(prober().check_roots(&material().root), Ok(()));
}
