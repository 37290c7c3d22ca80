use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// How a server treats whoever connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It takes the connection, and never says a word.
    Silent,
    /// It answers, and does not come to an end.
    Endless,
    /// It answers something else than was asked.
    Wrong,
}

impl Manner {
    /// Every manner.
    pub const ALL: [Self; 3] = [Self::Silent, Self::Endless, Self::Wrong];
}

/// A TCP server that means no good, whatever is spoken with it; it remembers what it heard.
#[derive(Debug)]
pub struct Hostile {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
    server: JoinHandle<()>,
}

impl Hostile {
    /// Starts one on a free port.
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        let server = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(treat(stream, manner, Arc::clone(&ears)));
            }
        });
        Self { address, heard, server }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All it was told.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned()
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn treat(stream: TcpStream, manner: Manner, heard: Arc<Mutex<Vec<u8>>>) {
    let (mut read, mut write) = stream.into_split();
    let listen = async move {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = read.read(&mut buffer).await {
            heard.lock().unwrap().extend_from_slice(&buffer[..length]);
        }
    };
    let answer = async move {
        match manner {
            Manner::Silent => std::future::pending().await,
            Manner::Endless => {
                // As HTTP it is a body without end; to anybody else it is noise.
                let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";
                let mut sent = write.write_all(head).await;
                while sent.is_ok() {
                    sent = write.write_all(&[b' '; 1024]).await;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            Manner::Wrong => {
                let _ = write.write_all(b"HTTP/1.1 418 I'm a teapot\r\ncontent-length: 4\r\n\r\nnope").await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    };
    tokio::select! {
        () = listen => {}
        () = answer => {}
    }
}
