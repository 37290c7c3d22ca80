use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ports::Table;
use dynoxide::Database;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

use crate::{Result, STACK};

/// What stands in for AWS on this machine: DynamoDB in memory, and one secret, behind TLS as AWS has it (HTTP/1.1, a
/// chain of ECDSA P-256).
#[derive(Debug)]
pub struct Endpoint {
    /// Its URL.
    pub url: String,
    /// The root that its certificate comes from, PEM.
    pub root: String,
}

#[derive(Clone)]
struct Behind {
    dynamodb: String,
    client: reqwest::Client,
}

impl Endpoint {
    /// Starts one with these tables, all empty.
    pub async fn start(tables: &[&'static Table]) -> Result<Self> {
        let database = Database::memory()?;
        for table in tables {
            let mut wanted = system_tests::definition(table);
            wanted["TableName"] = format!("{STACK}-{}", table.name).into();
            database.create_table(serde_json::from_value(wanted)?)?;
        }
        let plain = TcpListener::bind("127.0.0.1:0").await?;
        let behind = Behind { dynamodb: format!("http://{}", plain.local_addr()?), client: reqwest::Client::new() };
        tokio::spawn(dynoxide::server::serve_on(plain, database));

        let root_key = KeyPair::generate()?;
        let mut root = CertificateParams::new(Vec::new())?;
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_pem = root.self_signed(&root_key)?.pem();
        let key = KeyPair::generate()?;
        let leaf = CertificateParams::new(vec!["localhost".into()])?.signed_by(&key, &Issuer::new(root, &root_key))?;
        let mut tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )?;
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];

        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("https://localhost:{}", listener.local_addr()?.port());
        let listener = TlsListener { plain: listener, tls: TlsAcceptor::from(Arc::new(tls)) };
        let routes = Router::new().fallback(answer).with_state(behind);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { url, root: root_pem })
    }
}

struct TlsListener {
    plain: TcpListener,
    tls: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.plain.accept().await else { continue };
            // A delayed acknowledgement would be waited for at each request.
            let _ = stream.set_nodelay(true);
            match self.tls.accept(stream).await {
                Ok(stream) => return (stream, address),
                Err(error) => eprintln!("the endpoint: no TLS with {address}: {error}"),
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.plain.local_addr()
    }
}

async fn answer(State(behind): State<Behind>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    match target {
        "secretsmanager.GetSecretValue" => secret(&body),
        // Whoever receives it is not measured here.
        "AmazonSQS.SendMessage" => Json(json!({"MessageId": "1", "MD5OfMessageBody": ""})).into_response(),
        target if target.starts_with("DynamoDB_") => {
            forward(&behind, &headers, body).await.unwrap_or_else(|error| refuse(&error.to_string()))
        }
        other => refuse(&format!("'{other}' is not played here")),
    }
}

/// The one secret there is, the same in every run.
fn secret(body: &[u8]) -> Response {
    let name = format!("{STACK}/vault-key");
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    if asked["SecretId"] != name.as_str() {
        return refuse(&format!("there is no secret {asked}"));
    }
    let arn = format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}-AbCdEf");
    let value = json!({
        "ARN": arn,
        "Name": name,
        "SecretString": STANDARD.encode([7; 32]),
        "VersionId": "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111",
        "VersionStages": ["AWSCURRENT"],
        "CreatedDate": 1_700_000_000,
    });
    ([(header::CONTENT_TYPE, "application/x-amz-json-1.1")], value.to_string()).into_response()
}

async fn forward(behind: &Behind, headers: &HeaderMap, body: Bytes) -> reqwest::Result<Response> {
    let mut headers = headers.clone();
    for hop in [header::HOST, header::CONTENT_LENGTH, header::CONNECTION] {
        headers.remove(hop);
    }
    let answer = behind.client.post(&behind.dynamodb).headers(headers).body(body).send().await?;
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove(header::CONTENT_LENGTH);
    Ok((status, headers, answer.bytes().await?).into_response())
}

fn refuse(why: &str) -> Response {
    eprintln!("the endpoint: {why}");
    (StatusCode::BAD_REQUEST, json!({ "__type": "UnknownOperationException", "message": why }).to_string())
        .into_response()
}
