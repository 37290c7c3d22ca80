//! A CA that gives the answers a test wrote down. Stands for what Pebble cannot be made to do: rate limits,
//! `Retry-After`, proxies that answer in HTML, silence.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::ids::AccountId;
use domain::ports::{CaAccount, Directory};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Status line, further header lines, body. An empty status line is silence; the bodies [`ENDLESS`] and [`DRIP`] have no
/// end.
pub type Answer = (&'static str, &'static str, String);

/// A body as fast as it is read, for ever.
pub const ENDLESS: &str = "endless";
/// A body of one byte a second, for ever.
pub const DRIP: &str = "drip";

/// A scripted CA on a port of its own.
pub struct Scripted {
    pub account: CaAccount,
    pub origin: String,
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    /// `METHOD /path` of each request.
    pub requests: Arc<Mutex<Vec<String>>>,
    /// Connections that were made.
    pub connections: Arc<Mutex<usize>>,
    /// Told when a request is met with silence.
    pub silent: Arc<tokio::sync::Notify>,
}

impl Scripted {
    /// Starts with a directory, nonces and nothing else.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let certificate = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.cert.der().clone()], key).unwrap();
        let pkcs8 = rcgen::KeyPair::generate().unwrap().serialize_der();
        let credentials = json!({
            "id": format!("{origin}/account/1"),
            "key_pkcs8": base64url(&pkcs8),
            "directory": format!("{origin}/dir"),
        });
        let this = Self {
            account: CaAccount {
                id: AccountId(1),
                directory: Directory { url: format!("{origin}/dir"), root_ca_pem: Some(certificate.cert.pem()) },
                credentials: credentials.to_string().into(),
            },
            answers: Arc::default(),
            requests: Arc::default(),
            connections: Arc::default(),
            silent: Arc::default(),
            origin,
        };
        let url = |path: &str| format!("{}/{path}", this.origin);
        let directory = json!({ "newNonce": url("nonce"), "newAccount": url("account"), "newOrder": url("order") });
        this.answer("GET /dir", ("200 OK", "", directory.to_string()));
        this.answer("HEAD /nonce", ("200 OK", "", String::new()));
        let (answers, requests) = (this.answers.clone(), this.requests.clone());
        let (connections, silent) = (this.connections.clone(), this.silent.clone());
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *connections.lock().unwrap() += 1;
                let (answers, requests) = (answers.clone(), requests.clone());
                let (acceptor, silent) = (acceptor.clone(), silent.clone());
                tokio::spawn(async move { serve(acceptor, stream, &answers, &requests, &silent).await });
            }
        });
        this
    }

    /// From now on gives this answer to `METHOD /path`.
    pub fn answer(&self, request: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(request.to_owned(), answer);
    }

    /// An order object.
    pub fn order(&self, status: &str) -> String {
        let url = |path: &str| format!("{}/{path}", self.origin);
        json!({ "status": status, "authorizations": [], "finalize": url("order/1/finalize") }).to_string()
    }
}

async fn serve(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    answers: &Mutex<HashMap<String, Answer>>,
    requests: &Mutex<Vec<String>>,
    silent: &tokio::sync::Notify,
) -> Option<()> {
    let mut stream = BufReader::new(acceptor.accept(stream).await.ok()?);
    for nonce in 0.. {
        let (mut head, mut length) = (Vec::new(), 0);
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
            let line = line.trim_end().to_owned();
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
            head.push(line);
        }
        stream.read_exact(&mut vec![0; length]).await.ok()?;
        let request = head[0].trim_end_matches(" HTTP/1.1").to_owned();
        requests.lock().unwrap().push(request.clone());
        let known = answers.lock().unwrap().get(&request).cloned();
        let (status, headers, body) = known.unwrap_or(("404 Not Found", "", String::new()));
        if status.is_empty() {
            silent.notify_one();
            std::future::pending::<()>().await;
        }
        if body == ENDLESS || body == DRIP {
            let head = format!("HTTP/1.1 {status}\r\n{headers}\r\n");
            stream.write_all(head.as_bytes()).await.ok()?;
            loop {
                if body == DRIP {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    stream.write_all(b" ").await.ok()?;
                } else {
                    stream.write_all(&[b' '; 16 * 1024]).await.ok()?;
                }
                stream.flush().await.ok()?;
            }
        }
        let answer = format!(
            "HTTP/1.1 {status}\r\nReplay-Nonce: n{nonce}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
    }
    None
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
