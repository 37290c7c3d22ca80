use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use dial::{Https, HttpsError, Refusal, roots, words};
use domain::ports::{Address, Message, Messenger, MessengerError};
use domain::targets::TargetPolicy;
use http::Request;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::answer::check;
use crate::request::request;

/// From the name's lookup to the last byte of the answer.
const LONGEST: Duration = Duration::from_secs(10);
/// The largest answer that is read.
const ANSWER_MAX: usize = 64 * 1024;

/// Sends messages over HTTP: by https to the public internet, by http only into networks that the operator named. Each
/// over a connection of its own, redirects are not followed.
pub struct HttpMessenger {
    client: Client<Https, Full<Bytes>>,
}

impl HttpMessenger {
    /// Connects to nothing yet.
    pub fn new(policy: TargetPolicy) -> Result<Self, HttpsError> {
        let https = Https::or_http_in_house(roots(None)?, Arc::new(policy))?;
        // Messages are hours apart: a connection kept would be dead when it is needed.
        Ok(Self { client: Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(https) })
    }

    async fn exchange(
        &self,
        to: &Address,
        request: Request<Full<Bytes>>,
        now: SystemTime,
    ) -> Result<(), MessengerError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let plain = request.uri().scheme_str() == Some("http");
        let failed = |reason: String| MessengerError { reason, retry_after: None };
        let answer = self.client.request(request).await.map_err(|error| failed(why(&host, plain, &error)))?;
        let (parts, body) = answer.into_parts();
        // What is too long to be read is no answer that any provider gives; the status still says something.
        let body = Limited::new(body, ANSWER_MAX).collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        check(to, &host, parts.status, &parts.headers, &body, now)
    }
}

impl fmt::Debug for HttpMessenger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpMessenger").finish_non_exhaustive()
    }
}

#[async_trait]
impl Messenger for HttpMessenger {
    async fn send(&self, to: &Address, message: &Message) -> Result<(), MessengerError> {
        let request = request(to, message).map_err(|reason| MessengerError { reason, retry_after: None })?;
        let host = request.uri().host().unwrap_or_default().to_owned();
        let exchange = self.exchange(to, request, message.at.into());
        tokio::time::timeout(LONGEST, exchange).await.unwrap_or_else(|_| {
            let reason = format!("{host} gave no answer within {} s", LONGEST.as_secs());
            Err(MessengerError { reason, retry_after: None })
        })
    }
}

/// Why there was no answer: the innermost cause, which names no URL.
fn why(host: &str, plain: bool, error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    loop {
        if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            return if plain {
                format!("{host}: by http only networks in STEWARD_ALLOW_TARGETS are reached; use https")
            } else {
                refusal.to_string()
            };
        }
        match cause.source() {
            Some(source) => cause = source,
            None => return format!("{host} cannot be reached: {}", words::cause(cause)),
        }
    }
}
