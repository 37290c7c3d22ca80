use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Endpoint, Handshake, KeyAsked, ProbeError, Prober};
use domain::targets::TargetPolicy;
use probe::RustlsProber;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use system::SystemClock;
use tempfile::TempDir;

pub const WITHIN: Duration = Duration::from_secs(5);

pub struct Server {
    child: Child,
    pub address: SocketAddr,
    _directory: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Material {
    pub root: String,
    pub leaf: String,
    pub key: String,
}

pub fn material() -> Material {
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

pub fn openssl(directory: &Path, arguments: &[&str]) -> bool {
    let mut run = Command::new("openssl");
    run.args(arguments).current_dir(directory).stdout(Stdio::null()).stderr(Stdio::null());
    run.status().is_ok_and(|status| status.success())
}

/// `None`, said aloud, where there is no OpenSSL.
pub fn serve(directory: TempDir, arguments: &[&str]) -> Option<Server> {
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

pub fn serving(material: &Material, arguments: &[&str]) -> Option<Server> {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("cert.pem"), &material.leaf).unwrap();
    std::fs::write(directory.path().join("key.pem"), &material.key).unwrap();
    serve(directory, arguments)
}

pub fn prober() -> RustlsProber {
    RustlsProber::new(TargetPolicy::new(vec!["127.0.0.0/8".parse().unwrap()]), Arc::new(SystemClock))
}

pub fn endpoint(at: SocketAddr) -> Endpoint {
    let host = "www.example.com".into();
    Endpoint { host, address: at.ip(), port: at.port(), starttls: None, key: KeyAsked::Any }
}

pub async fn look(at: SocketAddr) -> Result<Handshake, ProbeError> {
    prober().handshake(&endpoint(at), WITHIN).await
}

pub async fn ask(at: SocketAddr, key: KeyAsked) -> Result<Handshake, ProbeError> {
    prober().handshake(&Endpoint { key, ..endpoint(at) }, WITHIN).await
}
