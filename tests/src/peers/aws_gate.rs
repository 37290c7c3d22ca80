use std::fmt;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A call to AWS as the gate sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsCall {
    /// Its number, from 0 in the order of arrival; an attempt of the SDK's own counts as a call.
    pub number: usize,
    /// `DynamoDB_20120810.PutItem`, `AmazonSQS.SendMessage`; the path where there is no such header.
    pub operation: String,
    /// What is sent: a queue is named there.
    pub body: String,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is passed on, and answered.
    Pass,
    /// It is passed on and happens, and its answer is lost.
    Lose,
    /// It is refused for the rate of calls; nothing happens.
    Throttle,
    /// A transaction is refused because another touches the same items; nothing happens.
    Cancel,
    /// A transaction is refused because the table takes no more for now; nothing happens. The SDK does not try again.
    Starve,
    /// It happens, and nobody ever hears of it: the caller is dead. So is every later call.
    Kill,
}

type Judge = Box<dyn Fn(&AwsCall) -> Verdict + Send + Sync>;

/// A way to AWS, or to what stands in for it, on which answers get lost and calls are refused.
pub struct AwsGate {
    url: String,
    state: Arc<GateState>,
    server: JoinHandle<()>,
}

struct GateState {
    target: String,
    http: reqwest::Client,
    judge: Mutex<Judge>,
    calls: Mutex<Vec<AwsCall>>,
    dead: Mutex<bool>,
}

impl fmt::Debug for AwsGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsGate").field("url", &self.url).finish_non_exhaustive()
    }
}

impl AwsGate {
    /// Opens one in front of an endpoint; everything passes.
    pub async fn open_to(endpoint: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(GateState {
            target: endpoint.trim_end_matches('/').to_owned(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            judge: Mutex::new(Box::new(|_| Verdict::Pass)),
            calls: Mutex::default(),
            dead: Mutex::default(),
        });
        let router = Router::new().fallback(relay).with_state(Arc::clone(&state));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state, server }
    }

    /// Where it listens: an `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Judges every call from now on; the count begins at 0 again, and who was killed lives.
    pub fn judge(&self, judge: impl Fn(&AwsCall) -> Verdict + Send + Sync + 'static) {
        *self.state.judge.lock().unwrap() = Box::new(judge);
        self.state.calls.lock().unwrap().clear();
        *self.state.dead.lock().unwrap() = false;
    }

    /// The calls that arrived since.
    pub fn calls(&self) -> Vec<AwsCall> {
        self.state.calls.lock().unwrap().clone()
    }

    /// Whether a call was told [`Verdict::Kill`].
    pub fn has_killed(&self) -> bool {
        *self.state.dead.lock().unwrap()
    }
}

impl Drop for AwsGate {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl GateState {
    fn judge(&self, operation: String, body: String) -> Verdict {
        let mut calls = self.calls.lock().unwrap();
        let call = AwsCall { number: calls.len(), operation, body };
        let verdict = (self.judge.lock().unwrap())(&call);
        calls.push(call);
        verdict
    }
}

async fn relay(State(state): State<Arc<GateState>>, request: Request) -> Response {
    if *state.dead.lock().unwrap() {
        return std::future::pending().await;
    }
    let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok());
    let operation = target.map_or_else(|| format!("{} {}", request.method(), request.uri().path()), str::to_owned);
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let said = String::from_utf8_lossy(&body).into_owned();
    let request = Request::from_parts(parts, body.into());
    match state.judge(operation.clone(), said) {
        Verdict::Pass => pass(&state, request).await,
        Verdict::Lose => {
            pass(&state, request).await;
            // What a load balancer says when the server behind it has gone: the call may have happened.
            StatusCode::BAD_GATEWAY.into_response()
        }
        Verdict::Throttle => refuse("ThrottlingException", serde_json::json!({"message": "Rate exceeded"})),
        Verdict::Cancel => cancel("TransactionConflict", "Transaction is ongoing"),
        Verdict::Starve => cancel("ThrottlingError", "Throughput exceeds the current capacity of your table"),
        Verdict::Kill => {
            pass(&state, request).await;
            *state.dead.lock().unwrap() = true;
            std::future::pending().await
        }
    }
}

async fn pass(state: &GateState, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let sent = state.http.request(parts.method, format!("{}{path}", state.target)).headers(parts.headers).body(body);
    // The emulator may be gone when a test ends.
    let Ok(answer) = sent.send().await else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers().iter().filter(|(name, _)| *name != "transfer-encoding") {
        response = response.header(name, value);
    }
    let bytes = answer.bytes().await.unwrap_or_default();
    response.body(Body::from(bytes)).unwrap()
}

fn cancel(code: &str, message: &str) -> Response {
    let reasons = serde_json::json!([{"Code": code, "Message": message}]);
    let body = serde_json::json!({"Message": "Transaction cancelled", "CancellationReasons": reasons});
    refuse("TransactionCanceledException", body)
}

fn refuse(code: &str, mut body: serde_json::Value) -> Response {
    body["__type"] = format!("com.amazonaws.dynamodb.v20120810#{code}").into();
    let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amzn-errortype", code)];
    (StatusCode::BAD_REQUEST, headers, body.to_string()).into_response()
}
