use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::{ENDPOINTS, address};

/// What the endpoints are called.
pub const NAME: &str = "www.example.com";

/// The endpoints, in a process of their own.
pub struct Server {
    child: Child,
    /// Where each answers.
    pub port: u16,
    /// Where each takes connections, and says nothing.
    pub silent_port: u16,
    /// What they are to be trusted by.
    pub root_pem: String,
}

impl Server {
    /// Starts it, and waits until it listens.
    pub fn start() -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child =
            Command::new(program).arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
        let mut line = || lines.next().unwrap();
        let (port, silent_port) = (line().parse().unwrap(), line().parse().unwrap());
        let root_pem = serde_json::from_str(&line()).unwrap();
        Self { child, port, silent_port, root_pem }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Is the endpoints: says on standard output where and by whom, and serves until it is killed, or whoever started it is
/// gone.
pub fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (config, root) = material();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let port = listen({
            move |connection| {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut tls) = acceptor.accept(connection).await else { return };
                    let _ = tls.read(&mut [0]).await;
                });
            }
        })
        .await;
        let silent = listen(|mut connection| {
            tokio::spawn(async move { while let Ok(1..) = connection.read(&mut [0; 1024]).await {} });
        })
        .await;
        println!("{port}\n{silent}\n{}", serde_json::Value::from(root));
        let mut input = String::new();
        let _ = tokio::task::spawn_blocking(move || std::io::stdin().read_line(&mut input)).await;
    });
}

/// Listens at every address, on one port.
async fn listen(take: impl Fn(TcpStream) + Clone + Send + 'static) -> u16 {
    let first = TcpListener::bind(SocketAddr::new(address(0), 0)).await.unwrap();
    let port = first.local_addr().unwrap().port();
    let mut listeners = vec![first];
    for n in 1..ENDPOINTS {
        listeners.push(TcpListener::bind(SocketAddr::new(address(n), port)).await.unwrap());
    }
    for listener in listeners {
        let take = take.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                take(connection);
            }
        });
    }
    port
}

/// A leaf, an intermediate and a root, as a public CA has them.
fn material() -> (ServerConfig, String) {
    let authority = |name: &str| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let root = CertifiedIssuer::self_signed(authority("a bench's root"), KeyPair::generate().unwrap()).unwrap();
    let below = KeyPair::generate().unwrap();
    let below = CertifiedIssuer::signed_by(authority("a bench's intermediate"), below, &root).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new([NAME.to_owned()]).unwrap().signed_by(&key, &below).unwrap();
    let chain = vec![leaf.der().clone(), below.der().clone()];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    (config, root.pem())
}
