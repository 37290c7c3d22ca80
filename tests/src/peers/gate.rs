use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::Port;

/// A way to a TCP server that can be shut: then connections break, and new ones are refused.
#[derive(Debug)]
pub struct Gate {
    port: Port,
    target: SocketAddr,
    relay: Option<JoinHandle<()>>,
}

impl Gate {
    /// Opens one in front of `target`.
    pub async fn open_to(target: SocketAddr) -> Self {
        let mut gate = Self { port: Port::claim(), target, relay: None };
        gate.open().await;
        gate
    }

    /// Its port on localhost.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// Opens it again.
    pub async fn open(&mut self) {
        let listener = TcpListener::bind(self.port.address()).await.unwrap();
        let target = self.target;
        self.relay = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                connections.spawn(async move {
                    if let Ok(mut far) = TcpStream::connect(target).await {
                        let _ = copy_bidirectional(&mut near, &mut far).await;
                    }
                });
            }
        }));
    }

    /// Shuts it.
    pub async fn shut(&mut self) {
        if let Some(relay) = self.relay.take() {
            relay.abort();
            let _ = relay.await;
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if let Some(relay) = &self.relay {
            relay.abort();
        }
    }
}
