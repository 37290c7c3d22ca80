use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::redirect::Policy;
use crate::{Response, Result, transport};

/// How long a request may take where `dns-update` names no time.
const WITHIN: Duration = Duration::from_secs(20);

/// What remains of a client: the time that it gives a request.
#[derive(Clone, Debug)]
pub struct Client {
    within: Duration,
}

impl Default for Client {
    fn default() -> Self {
        Self { within: WITHIN }
    }
}

impl Client {
    /// Begins a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder { within: WITHIN }
    }

    /// Begins a request.
    pub fn request(&self, method: Method, url: impl AsRef<str>) -> RequestBuilder {
        let url = url.as_ref().to_owned();
        RequestBuilder { method, url, headers: HeaderMap::new(), body: Bytes::new(), within: self.within }
    }

    /// Begins a POST.
    pub fn post(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::POST, url)
    }
}

/// A client that is not made yet.
#[derive(Clone, Debug)]
pub struct ClientBuilder {
    within: Duration,
}

impl ClientBuilder {
    /// Takes the only policy that there is.
    #[must_use]
    pub fn redirect(self, _: Policy) -> Self {
        self
    }

    /// How long each request may take, to the last byte of its answer.
    #[must_use]
    pub fn timeout(self, within: Duration) -> Self {
        Self { within }
    }

    /// Makes the client.
    pub fn build(self) -> Result<Client> {
        Ok(Client { within: self.within })
    }
}

/// A request that is not sent yet.
#[derive(Debug)]
pub struct RequestBuilder {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) within: Duration,
}

impl RequestBuilder {
    /// Adds a header; one that cannot be sent is left out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            self.headers.append(name, value);
        }
        self
    }

    /// Sets these headers.
    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the request, and reads its answer.
    pub async fn send(self) -> Result<Response> {
        transport::send(self).await
    }
}
