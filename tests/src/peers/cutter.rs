use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::Port;
use crate::steward::Moment;

/// How long the far side has to act on the last it was sent, before the way to it is cut.
const TO_ACT: Duration = Duration::from_millis(60);

/// A way to a TCP server that is cut once: at the client's n-th message, before it is passed on, or after that, so that
/// nobody hears the answer. Connections made later are left alone.
#[derive(Debug)]
pub struct Cutter {
    port: Port,
    seen: Arc<AtomicUsize>,
    relay: JoinHandle<()>,
    cut: Arc<AtomicUsize>,
}

impl Cutter {
    /// Opens one in front of `target` that cuts at message `at`, counted from 0 over all connections.
    pub async fn start(target: SocketAddr, at: usize, moment: Moment) -> Self {
        let port = Port::claim();
        let listener = TcpListener::bind(port.address()).await.unwrap();
        let (seen, cut) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counter, cuts) = (Arc::clone(&seen), Arc::clone(&cut));
        let relay = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let (counter, cuts) = (Arc::clone(&counter), Arc::clone(&cuts));
                connections.spawn(async move {
                    if let Ok(far) = TcpStream::connect(target).await {
                        pass(near, far, at, moment, &counter, &cuts).await;
                    }
                });
            }
        });
        Self { port, seen, relay, cut }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Whether it has cut a connection.
    pub fn has_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst) > 0
    }

    /// How many messages clients have sent.
    pub fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

async fn pass(near: TcpStream, far: TcpStream, at: usize, moment: Moment, counter: &AtomicUsize, cuts: &AtomicUsize) {
    let (mut from_client, mut to_client) = near.into_split();
    let (mut from_server, mut to_server) = far.into_split();
    let back = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
    });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length) = from_client.read(&mut buffer).await {
        if length == 0 {
            break;
        }
        let cut = counter.fetch_add(1, Ordering::SeqCst) == at;
        if cut {
            // Nothing comes back from here on.
            back.abort();
            cuts.fetch_add(1, Ordering::SeqCst);
            if moment == Moment::After {
                let _ = to_server.write_all(&buffer[..length]).await;
                tokio::time::sleep(TO_ACT).await;
            }
            return;
        }
        if to_server.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    back.abort();
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.relay.abort();
    }
}
