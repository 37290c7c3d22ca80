//! The HTTP under instant-acme: one kept-alive client per CA, a pool of nonces, time limits.

use std::cell::Cell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dial::{Https, HttpsError, retry_after, roots};
use domain::ports::{CaError, Clock, Directory};
use domain::targets::TargetPolicy;
use http::header::{HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient, Problem};

use crate::fault::Fault;
use crate::published::{Published, Read};

/// From the first byte sent to the last received.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer taken; chains and problem documents are far smaller.
const BODY_MAX: usize = 1 << 20;
/// How many nonces are kept, and for how long: a CA may forget them at any time, which costs a request.
const NONCES_MAX: usize = 16;
const NONCE_AGE: Duration = Duration::from_secs(300);
const REPLAY_NONCE: HeaderName = HeaderName::from_static("replay-nonce");
const AGENT: HeaderValue = HeaderValue::from_static(concat!("steward/", env!("CARGO_PKG_VERSION"), " instant-acme"));

tokio::task_local! {
    /// What the last answer of this task said about waiting; instant-acme hides it.
    static WAIT: Cell<Option<Duration>>;
}

/// Runs a call to the CA, and gives beside its outcome the `Retry-After` of its last answer (RFC 8555 §7.4.1).
pub(crate) async fn with_wait<T>(call: impl Future<Output = T>) -> (T, Option<Duration>) {
    WAIT.scope(Cell::new(None), async {
        let outcome = call.await;
        (outcome, WAIT.with(Cell::get))
    })
    .await
}

/// Trusts the public roots and the directory's own.
fn connector(directory: &Directory, policy: Arc<TargetPolicy>) -> Result<Https, HttpsError> {
    Https::new(roots(directory.root_ca_pem.as_deref())?, policy)
}

/// A CA's HTTP client; cheap to clone.
#[derive(Clone)]
pub(crate) struct Transport {
    client: Client<Https, BodyWrapper<Bytes>>,
    nonces: Arc<Nonces>,
    directory: Arc<Uri>,
    read: Arc<Mutex<Option<Read>>>,
    clock: Arc<dyn Clock>,
}

impl Transport {
    /// A client for the CA; refuses a directory that is not https, and roots that are none.
    pub(crate) fn new(
        directory: &Directory,
        policy: Arc<TargetPolicy>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CaError> {
        let Some(url) = https(&directory.url) else {
            return Err(CaError::Refused(format!("the directory must be an https URL; '{}' is not", directory.url)));
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .build(connector(directory, policy).map_err(|error| {
                CaError::Refused(match error {
                    HttpsError::Roots => format!("the provider's rootCaPem {error}"),
                    HttpsError::Tls(_) => error.to_string(),
                })
            })?);
        Ok(Self { client, nonces: Arc::default(), directory: Arc::new(url), read: Arc::default(), clock })
    }

    /// The CA's directory: as it was read lately, by whomever, or read now.
    pub(crate) async fn published(&self) -> Result<Published, Fault> {
        let known = || self.read.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(Read::fresh);
        if let Some(published) = known() {
            return Ok(published);
        }
        self.fetch(&self.directory.to_string()).await?;
        known().ok_or_else(|| Fault::later(format!("{} answered what is no ACME directory", self.directory), None))
    }

    /// What is published at a URL, and the answer's `Retry-After`.
    pub(crate) async fn fetch(&self, url: &str) -> Result<(Bytes, Option<Duration>), Fault> {
        let request = Request::get(url).body(BodyWrapper::default());
        let request = request.map_err(|_| Fault::refused(format!("the CA names '{url}', which is no URL")))?;
        let (answer, wait) = with_wait(self.clone().send(request)).await;
        let mut answer = answer?;
        let body = answer.body.into_bytes().await.map_err(|_| Fault::later("an answer broke off", None))?;
        Ok((body, wait))
    }

    async fn send(self, mut request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, Error> {
        // instant-acme asks for a nonce at the start of each operation: one that is at hand saves the request.
        if request.method() == Method::HEAD
            && let Some(nonce) = self.nonces.pop()
        {
            let mut response = Response::new(());
            response.headers_mut().insert(REPLAY_NONCE, nonce);
            return Ok(BytesResponse { parts: response.into_parts().0, body: Box::new(Bytes::new()) });
        }
        request.headers_mut().insert(USER_AGENT, AGENT);
        let method = request.method().clone();
        let is_directory = method == Method::GET && request.uri() == &*self.directory;
        let host = request.uri().authority().map_or_else(String::new, ToString::to_string);
        let (mut parts, body) =
            tokio::time::timeout(REQUEST_TIMEOUT, self.exchange(&host, request)).await.map_err(|_| {
                Fault::later(format!("{host} gave no answer within {} s", REQUEST_TIMEOUT.as_secs()), None)
            })??;

        let wait = retry_after(&parts.headers, self.clock.now().into());
        let _ = WAIT.try_with(|cell| cell.set(wait));
        let failed = !(parts.status.is_success() || parts.status.is_informational());
        let problem = failed.then(|| serde_json::from_slice::<Problem>(&body).ok()).flatten();
        let bad_nonce = problem.as_ref().and_then(|p| p.r#type.as_deref()).is_some_and(|t| t.ends_with(":badNonce"));
        if bad_nonce {
            self.nonces.clear();
        }
        // Taken off the answer, so that each nonce is either in the pool or in use, never both.
        if method == Method::POST
            && let Some(nonce) = parts.headers.remove(REPLAY_NONCE)
        {
            self.nonces.push(nonce);
        }
        if failed && !(bad_nonce && parts.status == StatusCode::BAD_REQUEST) {
            return Err(Fault::answered(&method, parts.status, problem.as_ref(), wait).into());
        }
        if is_directory {
            let read = Read::of(&body, &host)?;
            *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some(read);
        }
        Ok(BytesResponse { parts, body: Box::new(body) })
    }

    async fn exchange(
        &self,
        host: &str,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Result<(http::response::Parts, Bytes), Fault> {
        let response = self.client.request(request).await.map_err(|error| Fault::disconnected(host, &error))?;
        let (parts, body) = response.into_parts();
        // A content coding is not undone, since none was asked for: these are the bytes that came.
        let body =
            Limited::new(body, BODY_MAX).collect().await.map_err(|error| match error.is::<LengthLimitError>() {
                true => Fault::later(format!("{host} sent an answer of over {} KiB", BODY_MAX / 1024), None),
                false => Fault::disconnected(host, &*error),
            })?;
        Ok((parts, body.to_bytes()))
    }
}

impl HttpClient for Transport {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        Box::pin(self.clone().send(request))
    }
}

/// A URL that can be called: absolute, and by https.
pub(crate) fn https(url: &str) -> Option<Uri> {
    url.parse::<Uri>().ok().filter(|uri| uri.scheme_str() == Some("https") && uri.host().is_some())
}

/// Unused nonces of one CA, the newest used first (RFC 8555 §6.5).
#[derive(Default)]
struct Nonces(Mutex<VecDeque<(Instant, HeaderValue)>>);

impl Nonces {
    fn push(&self, nonce: HeaderValue) {
        self.with(|kept| {
            kept.push_back((Instant::now(), nonce));
            if kept.len() > NONCES_MAX {
                kept.pop_front();
            }
        });
    }

    fn pop(&self) -> Option<HeaderValue> {
        self.with(|kept| kept.pop_back()).filter(|(since, _)| since.elapsed() < NONCE_AGE).map(|(_, nonce)| nonce)
    }

    fn clear(&self) {
        self.with(VecDeque::clear);
    }

    fn with<T>(&self, act: impl FnOnce(&mut VecDeque<(Instant, HeaderValue)>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_each_nonce_once_and_the_newest_first() {
        let nonces = Nonces::default();
        for n in 0..20 {
            nonces.push(HeaderValue::from(n));
        }
        assert_eq!(nonces.pop(), Some(HeaderValue::from(19)));
        assert_eq!(std::iter::from_fn(|| nonces.pop()).count(), NONCES_MAX - 1);
        nonces.push(HeaderValue::from(1));
        nonces.clear();
        assert_eq!(nonces.pop(), None);
    }
}
