use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use dial::{Https, HttpsError, roots};
use domain::targets::TargetPolicy;
use http::header::{ACCEPT_ENCODING, HeaderValue, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::{Error, RequestBuilder, Response, Result, answer};

/// The most that is read for one piece of work, over all of its requests: a list of pages without an end has one.
pub(crate) const WORK_MAX: usize = 4 << 20;
/// The most requests for one piece of work.
const REQUESTS_MAX: usize = 200;
/// The longest head of an answer.
const HEAD_MAX: usize = 64 * 1024;
/// How long a connection is kept for the next request of the same work.
const IDLE: Duration = Duration::from_secs(10);

const AGENT: HeaderValue = HeaderValue::from_static(concat!("steward/", env!("CARGO_PKG_VERSION")));
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

tokio::task_local! {
    static WORK: Work;
}

/// Sends requests: by https to addresses that the policy permits, by http only into networks that the operator named.
/// The address that a connection goes to is the one that was checked.
#[derive(Clone)]
pub struct Transport {
    client: Client<Https, Full<Bytes>>,
}

/// What was seen of the last request of some work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The status of its answer.
    pub status: Option<StatusCode>,
    /// Why it had none, or none that could be used.
    pub failure: Option<Error>,
}

#[derive(Clone)]
struct Work {
    transport: Transport,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    seen: Seen,
    requests: usize,
    read: usize,
}

impl Transport {
    /// Connects to nothing yet. Trusts the public roots, and those of this machine.
    pub fn new(policy: Arc<TargetPolicy>) -> std::result::Result<Self, HttpsError> {
        let mut trusted = roots(None)?;
        trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_max_buf_size(HEAD_MAX)
            .build(Https::or_http_in_house(trusted, policy)?);
        Ok(Self { client })
    }

    /// Does some work whose requests are sent by this transport; gives beside its outcome what was seen of the last.
    pub async fn within<F: Future>(&self, work: F) -> (F::Output, Seen) {
        let state = Arc::<Mutex<State>>::default();
        let outcome = WORK.scope(Work { transport: self.clone(), state: state.clone() }, work).await;
        let seen = state.lock().unwrap_or_else(PoisonError::into_inner).seen.clone();
        (outcome, seen)
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, host: &str, left: usize) -> Result<Response> {
        let plain = request.uri().scheme_str() == Some("http");
        let answer = self.client.request(request).await.map_err(|error| Error::of(host, plain, &error))?;
        let (parts, body) = answer.into_parts();
        answer::read(parts, body, left, |error| Error::of(host, plain, error)).await
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

impl Work {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Result<Response> {
    let work = WORK.try_with(Clone::clone).map_err(|_| Error::NoTransport)?;
    let left = work.with(|state| {
        state.requests += 1;
        if state.requests > REQUESTS_MAX { 0 } else { WORK_MAX - state.read }
    });
    let outcome = if left == 0 { Err(Error::TooLong) } else { in_time(&work.transport, request, left).await };
    work.with(|state| {
        state.seen = match &outcome {
            Ok(response) => Seen { status: Some(response.status()), failure: None },
            Err(error) => Seen { status: None, failure: Some(error.clone()) },
        };
        state.read = WORK_MAX.min(state.read + outcome.as_ref().map_or(0, Response::len));
    });
    outcome
}

async fn in_time(transport: &Transport, request: RequestBuilder, left: usize) -> Result<Response> {
    let RequestBuilder { method, url, mut headers, body, within } = request;
    let unusable = || Error::Url(url.split(['?', '#']).next().unwrap_or_default().chars().take(200).collect());
    let uri = url::Url::parse(&url).ok().and_then(|url| url.as_str().parse::<Uri>().ok()).ok_or_else(unusable)?;
    let host = uri.host().unwrap_or_default().to_owned();
    headers.insert(ACCEPT_ENCODING, IDENTITY);
    headers.entry(USER_AGENT).or_insert(AGENT);
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    tokio::time::timeout(within, transport.exchange(request, &host, left))
        .await
        .unwrap_or_else(|_| Err(Error::Late { host: host.clone(), within }))
}
