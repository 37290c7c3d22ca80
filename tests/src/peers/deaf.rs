use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::Port;

/// A relay to a TCP server that can lose an answer: the server hears the request and does it, and the caller's
/// connection breaks.
#[derive(Debug)]
pub struct Deaf {
    port: Port,
    lose: Arc<AtomicBool>,
    relay: JoinHandle<()>,
}

impl Deaf {
    /// Opens one before `target`.
    pub async fn before(target: SocketAddr) -> Self {
        let port = Port::claim();
        let listener = TcpListener::bind(port.address()).await.unwrap();
        let lose = Arc::new(AtomicBool::new(false));
        let losing = Arc::clone(&lose);
        let relay = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let losing = Arc::clone(&losing);
                connections.spawn(async move {
                    if let Ok(far) = TcpStream::connect(target).await {
                        carry(near, far, &losing).await;
                    }
                });
            }
        });
        Self { port, lose, relay }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Loses the next answer.
    pub fn lose_one(&self) {
        self.lose.store(true, Ordering::SeqCst);
    }
}

impl Drop for Deaf {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

/// Carries bytes both ways until one side ends or an answer is lost.
async fn carry(near: TcpStream, far: TcpStream, lose: &AtomicBool) {
    let (mut near_in, mut near_out) = near.into_split();
    let (mut far_in, mut far_out) = far.into_split();
    let requests = tokio::io::copy(&mut near_in, &mut far_out);
    let answers = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = far_in.read(&mut buffer).await {
            if lose.swap(false, Ordering::SeqCst) || near_out.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = requests => {}
        () = answers => {}
    }
}
