//! Pebble and its DNS server, started for one test on free ports.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use acme::InstantCa;
use bytes::Bytes;
use domain::ids::AccountId;
use domain::names::{DomainName, Email};
use domain::ports::{Ca, CaAccount, CaError, Challenge, Directory, NewOrder, OrderStatus, OrderView, Registered};
use domain::targets::TargetPolicy;
use http::Request;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::TokioExecutor;
use instant_acme::{Account, BodyWrapper, BytesResponse, HttpClient};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, IsCa, Issuer, KeyPair};
use secrecy::ExposeSecret;
use serde_json::json;
use system::SystemClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A key that Pebble knows for external account binding.
pub const EAB: (&str, &str) = ("kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W");

/// A running Pebble; it ends with the value.
pub struct Pebble {
    pub directory: Directory,
    dns_management: u16,
    folder: tempfile::TempDir,
    children: Vec<Child>,
    _ports: fs::File,
}

/// Starts Pebble, or says aloud that the test is skipped and gives `None`.
pub async fn start(options: serde_json::Value, environment: &[(&str, &str)]) -> Option<Pebble> {
    if !installed("pebble") || !installed("pebble-challtestsrv") {
        let required = std::env::var("STEWARD_TEST_REQUIRE_PEERS").is_ok_and(|value| value == "1");
        assert!(!required, "pebble and pebble-challtestsrv must be installed: STEWARD_TEST_REQUIRE_PEERS=1");
        // println! would be captured and never seen.
        let _ = writeln!(std::io::stderr(), "SKIPPED: pebble is not installed (Debian: apt-get install pebble)");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let root_ca_pem = write_certificates(folder.path());
    let ([api, management, http, tls, dns, dns_management], ports) = reserve_ports();
    let mut config = json!({
        "listenAddress": format!("127.0.0.1:{api}"),
        "managementListenAddress": format!("127.0.0.1:{management}"),
        "certificate": folder.path().join("server.pem"),
        "privateKey": folder.path().join("server.key"),
        "httpPort": http,
        "tlsPort": tls,
        "ocspResponderURL": "",
        "certificateValidityPeriod": 7_776_000,
        "externalAccountBindingRequired": false,
        "externalAccountMACKeys": { EAB.0: EAB.1 },
    });
    config.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    let path = folder.path().join("pebble.json");
    fs::write(&path, json!({ "pebble": config }).to_string()).unwrap();

    let mut server = Command::new("pebble");
    server.args(["-strict", "-dnsserver", &format!("127.0.0.1:{dns}"), "-config"]).arg(&path);
    server.envs([("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_WFE_NONCEREJECT", "0"), ("PEBBLE_AUTHZREUSE", "0")]);
    server.envs(environment.iter().copied());
    let mut names = Command::new("pebble-challtestsrv");
    names.args(["-management", &format!("127.0.0.1:{dns_management}"), "-dns01", &format!("127.0.0.1:{dns}")]);
    names.args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]);
    let pebble = Pebble {
        directory: Directory { url: format!("https://localhost:{api}/dir"), root_ca_pem: Some(root_ca_pem) },
        dns_management,
        children: vec![run(server, folder.path().join("pebble.log")), run(names, folder.path().join("dns.log"))],
        folder,
        _ports: ports,
    };
    for port in [api, dns_management] {
        wait_for(port, pebble.folder.path()).await;
    }
    Some(pebble)
}

impl Pebble {
    /// Registers an account.
    pub async fn account(&self, ca: &InstantCa) -> CaAccount {
        let registered = ca.register(&self.directory, &contact(), None).await.unwrap();
        self.account_of(&registered)
    }

    /// An account to act with.
    pub fn account_of(&self, registered: &Registered) -> CaAccount {
        CaAccount { id: AccountId(1), directory: self.directory.clone(), credentials: registered.credentials.clone() }
    }

    /// Publishes the records of the challenges.
    pub async fn publish(&self, challenges: &[Challenge]) {
        for challenge in challenges {
            let host = format!("_acme-challenge.{}.", challenge.name);
            self.dns("set-txt", &json!({ "host": host, "value": challenge.value })).await;
        }
    }

    /// Tells the DNS server something.
    pub async fn dns(&self, verb: &str, body: &serde_json::Value) {
        let body = body.to_string();
        let request = format!(
            "POST /{verb} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.dns_management)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Deactivates an account, as its owner may with any client (RFC 8555 §7.3.6).
    pub async fn deactivate(&self, account: &CaAccount) {
        let credentials = serde_json::from_str(account.credentials.expose_secret()).unwrap();
        let roots = dial::roots(self.directory.root_ca_pem.as_deref()).unwrap();
        let https = dial::Https::new(roots, Arc::new(TargetPolicy::new(vec!["127.0.0.0/8".parse().unwrap()]))).unwrap();
        let http = Box::new(Http(HyperClient::builder(TokioExecutor::new()).build(https)));
        let account = Account::builder_with_http(http).from_credentials(credentials).await.unwrap();
        account.deactivate().await.unwrap();
    }

    /// The requests that Pebble has handled, one a line.
    pub fn requests(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("pebble.log")).unwrap();
        log.lines().filter(|line| line.contains("-> calling handler()")).map(ToOwned::to_owned).collect()
    }
}

struct Http(HyperClient<dial::Https, BodyWrapper<Bytes>>);

impl HttpClient for Http {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>> {
        let answer = self.0.request(request);
        Box::pin(async move {
            let (parts, body) = answer.await.unwrap().into_parts();
            Ok(BytesResponse { parts, body: Box::new(body.collect().await.unwrap().to_bytes()) })
        })
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A CA client that may reach this machine.
pub fn client() -> InstantCa {
    client_of(TargetPolicy::new(vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]))
}

/// A CA client that may reach what the policy permits.
pub fn client_of(policy: TargetPolicy) -> InstantCa {
    InstantCa::new(policy, Arc::new(SystemClock))
}

pub fn contact() -> Email {
    Email::parse("email", "ops@steward.test").unwrap()
}

pub fn order_of(of: &[&str]) -> NewOrder {
    order_for(&names(of))
}

/// An order for these names.
pub fn order_for(names: &[DomainName]) -> NewOrder {
    NewOrder { names: names.to_vec(), ..NewOrder::default() }
}

/// Names that are right.
pub fn names(names: &[&str]) -> Vec<DomainName> {
    names.iter().map(|name| DomainName::parse("domain", name).unwrap()).collect()
}

/// A CSR for the names with a new key, DER.
pub fn csr(names: &[DomainName]) -> Vec<u8> {
    let mut params =
        CertificateParams::new(names.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.serialize_request(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

/// Looks at an order until it has left the given states.
pub async fn settled(ca: &InstantCa, account: &CaAccount, url: &str, passing: &[OrderStatus]) -> OrderView {
    for _ in 0..100 {
        match ca.order(account, url).await {
            Ok(view) if !passing.contains(&view.status) => return view,
            Ok(_) | Err(CaError::Later { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the order stays {passing:?}");
}

fn installed(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

fn run(mut command: Command, log: PathBuf) -> Child {
    let log = fs::File::create(log).unwrap();
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

/// Six ports that no other test takes while the file is held. Tests run at the same time, and a port that was free a
/// moment ago may be another Pebble's by now; below 32768 the system hands none out by itself.
fn reserve_ports() -> ([u16; 6], fs::File) {
    let first = std::process::id() as u16 % 2000;
    for block in (first..2000).chain(0..first) {
        let ports = std::array::from_fn(|n| 20_000 + 6 * block + n as u16);
        let path = std::env::temp_dir().join(format!("steward-test-ports-{}.lock", ports[0]));
        let Ok(lock) = fs::File::create(path) else { continue };
        if lock.try_lock().is_ok() && ports.iter().all(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()) {
            return (ports, lock);
        }
    }
    panic!("no free ports");
}

async fn wait_for(port: u16, folder: &Path) {
    for _ in 0..600 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("port {port} is not up: {}", fs::read_to_string(folder.join("pebble.log")).unwrap_or_default());
}

/// A certificate for localhost; gives the root that signed it.
fn write_certificates(folder: &Path) -> String {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().unwrap();
    let root_pem = root.self_signed(&root_key).unwrap().pem();
    let issuer = Issuer::new(root, root_key);
    let key = KeyPair::generate().unwrap();
    let mut server = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    server.use_authority_key_identifier_extension = true;
    fs::write(folder.join("server.pem"), server.signed_by(&key, &issuer).unwrap().pem()).unwrap();
    fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    root_pem
}
