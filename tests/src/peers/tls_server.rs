use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::{Port, Process};

/// What a TLS server shows, and has.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The server's certificate, PEM.
    pub leaf: String,
    /// What else it sends, PEM.
    pub above: String,
    /// Its key, PEM.
    pub key: String,
}

/// OpenSSL's own server. It answers each connection by a handshake and a page that says how it went.
#[derive(Debug)]
pub struct TlsServer {
    process: Process,
    port: Arc<Port>,
    address: IpAddr,
    arguments: Vec<String>,
}

impl TlsServer {
    /// Starts one with more options of `openssl s_server`.
    pub async fn start(chain: &Chain, arguments: &[&str]) -> Self {
        Self::at(Ipv4Addr::LOCALHOST.into(), Arc::new(Port::claim()), chain, arguments).await
    }

    /// Starts one at an address of this machine, on a port that another may have at another address.
    pub async fn at(address: IpAddr, port: Arc<Port>, chain: &Chain, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self::run(address, port, chain, arguments).await
    }

    async fn run(address: IpAddr, port: Arc<Port>, chain: &Chain, arguments: Vec<String>) -> Self {
        let directory = Process::directory();
        for (file, text) in [("leaf.pem", &chain.leaf), ("above.pem", &chain.above), ("key.pem", &chain.key)] {
            fs::write(directory.path().join(file), text).unwrap();
        }
        let at = SocketAddr::new(address, port.number());
        let accept = format!("{at}");
        let mut all = vec!["s_server", "-www", "-accept", &accept, "-cert", "leaf.pem", "-key", "key.pem"];
        if !chain.above.is_empty() {
            all.extend(["-cert_chain", "above.pem"]);
        }
        all.extend(arguments.iter().map(String::as_str));
        let mut process = Process::start("openssl", directory, &all, &[]);
        process.until_listening(at).await;
        Self { process, port, address, arguments }
    }

    /// The same server with another certificate.
    pub async fn replaced(mut self, chain: &Chain) -> Self {
        self.process.stop();
        Self::run(self.address, Arc::clone(&self.port), chain, self.arguments.clone()).await
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port.number())
    }

    /// Its port, for another server at another address.
    pub fn port(&self) -> Arc<Port> {
        Arc::clone(&self.port)
    }

    /// Kills it.
    pub fn stop(&mut self) {
        self.process.stop();
    }
}
