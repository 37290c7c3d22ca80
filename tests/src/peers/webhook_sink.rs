use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Hooked {
    /// Its method.
    pub method: Method,
    /// Its path and query.
    pub target: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as it came.
    pub body: Vec<u8>,
    /// Its body as JSON; null when it is none.
    pub json: Value,
}

/// What the sink does with a request.
#[derive(Clone, Debug)]
pub struct Reaction {
    /// How long it keeps the caller waiting.
    pub delay: Duration,
    /// The status it answers.
    pub status: u16,
    /// The headers it answers.
    pub headers: Vec<(&'static str, String)>,
    /// The body it answers.
    pub body: String,
}

impl Reaction {
    /// At once, this status and body.
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self { delay: Duration::ZERO, status, headers: Vec::new(), body: body.into() }
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same after a while.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

#[derive(Debug)]
struct Shared {
    requests: Mutex<Vec<Hooked>>,
    /// What it does with the next requests; with the others, what it always does.
    next: Mutex<VecDeque<Reaction>>,
    always: Mutex<Reaction>,
}

/// An HTTP server that keeps what it is sent, and answers as it is told.
#[derive(Debug)]
pub struct WebhookSink {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl WebhookSink {
    /// Starts one that answers 200.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let always = Mutex::new(Reaction::new(200, "ok"));
        let shared = Arc::new(Shared { requests: Mutex::default(), next: Mutex::default(), always });
        let router = Router::new().fallback(take).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, shared, server }
    }

    /// A URL of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Tells it what to do with the next request that was not told of yet.
    pub fn next(&self, reaction: Reaction) {
        self.shared.next.lock().unwrap().push_back(reaction);
    }

    /// Tells it what to do with all other requests.
    pub fn always(&self, reaction: Reaction) {
        *self.shared.always.lock().unwrap() = reaction;
    }

    /// What it was sent so far.
    pub fn requests(&self) -> Vec<Hooked> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Drop for WebhookSink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let json = serde_json::from_slice(&body).unwrap_or_default();
    let request = Hooked { method, target: uri.to_string(), headers, body: body.to_vec(), json };
    shared.requests.lock().unwrap().push(request);
    let told = shared.next.lock().unwrap().pop_front();
    let reaction = told.unwrap_or_else(|| shared.always.lock().unwrap().clone());
    tokio::time::sleep(reaction.delay).await;
    let mut response = (axum::http::StatusCode::from_u16(reaction.status).unwrap(), reaction.body).into_response();
    for (name, value) in reaction.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
