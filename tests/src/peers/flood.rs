use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What a hostile HTTP server answers.
#[derive(Clone, Debug)]
pub enum Flood {
    /// Three megabytes of gzip that are half a gigabyte of zeros.
    Gzip,
    /// This text again and again, so many bytes of it.
    Repeated(&'static str, usize),
    /// This text again and again, without an end.
    Endless(&'static str),
    /// A byte now and then, without an end.
    Trickle,
    /// A header without an end.
    Header,
    /// A status and a body.
    Says(u16, &'static str),
}

static ZEROS: OnceLock<Vec<u8>> = OnceLock::new();

/// An HTTP server that answers each request with a flood.
#[derive(Debug)]
pub struct FloodServer {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl FloodServer {
    /// Starts one.
    pub async fn start(flood: Flood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let flood = Arc::new(flood);
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let flood = Arc::clone(&flood);
                connections.spawn(async move {
                    // Whoever has had enough closes the connection.
                    let _ = answer(stream, &flood).await;
                });
            }
        });
        Self { address, server }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for FloodServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(mut stream: TcpStream, flood: &Flood) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let start =
        |more: &str| format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n{more}\r\n");
    match flood {
        Flood::Gzip => {
            stream.write_all(start("content-encoding: gzip\r\n").as_bytes()).await?;
            stream.write_all(ZEROS.get_or_init(|| zeros(3_000_000))).await
        }
        Flood::Repeated(text, length) => {
            stream.write_all(start(&format!("content-length: {length}\r\n")).as_bytes()).await?;
            let (chunk, mut left) = (text.repeat(64 * 1024 / text.len()), *length);
            while left > 0 {
                let part = chunk.len().min(left);
                stream.write_all(&chunk.as_bytes()[..part]).await?;
                left -= part;
            }
            Ok(())
        }
        Flood::Endless(text) => {
            stream.write_all(start("").as_bytes()).await?;
            let chunk = text.repeat(64 * 1024 / text.len());
            loop {
                stream.write_all(chunk.as_bytes()).await?;
            }
        }
        Flood::Trickle => {
            stream.write_all(start("").as_bytes()).await?;
            loop {
                stream.write_all(b" ").await?;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        Flood::Header => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await?;
            loop {
                stream.write_all(&[b'x'; 4096]).await?;
            }
        }
        Flood::Says(status, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} So\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body.as_bytes()).await
        }
    }
}

/// So many bytes of gzip (RFC 1952) that hold about 158 times as many zeros: a block of fixed codes (RFC 1951 §3.2.6),
/// a zero, then "258 bytes like the one before" without an end.
fn zeros(length: usize) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut bits, mut count) = (0_u32, 0);
    // The block's head, low bit first; then codes, high bit first: the literal 0, and length 258 (285) at distance 1 (0).
    let head = [0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
    let like = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    for bit in head.into_iter().chain(like.into_iter().cycle()) {
        bits |= bit << count;
        count += 1;
        if count == 8 {
            bytes.push(u8::try_from(bits).unwrap());
            (bits, count) = (0, 0);
            if bytes.len() == length {
                break;
            }
        }
    }
    bytes
}
