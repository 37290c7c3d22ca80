use reqwest::{Method, StatusCode};
use serde_json::Value;

/// Somebody who calls the API, with a token, an API key, or nothing.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    credentials: Option<(&'static str, String)>,
}

/// An answer of the API.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: reqwest::header::HeaderMap,
    /// Its body as it came.
    pub bytes: Vec<u8>,
    /// Its body as JSON; null when it is none.
    pub json: Value,
}

impl Reply {
    /// The JSON of a success; panics on anything else.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, String::from_utf8_lossy(&self.bytes));
        self.json
    }

    /// The JSON of this very status; panics on any other.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json
    }
}

impl Client {
    /// A caller without credentials.
    pub fn new(base: impl Into<String>) -> Self {
        Self { http: reqwest::Client::new(), base: base.into(), credentials: None }
    }

    /// The same caller from another address of this machine.
    #[must_use]
    pub fn from_source(&self, address: std::net::IpAddr) -> Self {
        Self { http: reqwest::Client::builder().local_address(address).build().unwrap(), ..self.clone() }
    }

    /// The same caller at another Steward on the same data.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The same caller with a session token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { credentials: Some(("authorization", format!("Bearer {token}"))), ..self.clone() }
    }

    /// The same caller with an API key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { credentials: Some(("x-api-key", key.to_owned())), ..self.clone() }
    }

    /// The header that says who it is.
    #[must_use]
    pub fn credentials(&self) -> Option<(&'static str, &str)> {
        self.credentials.as_ref().map(|(name, value)| (*name, value.as_str()))
    }

    /// The same caller with any header as credentials.
    #[must_use]
    pub fn with_header(&self, name: &'static str, value: &str) -> Self {
        Self { credentials: Some((name, value.to_owned())), ..self.clone() }
    }

    /// Logs in by 000's route; the caller with the token.
    pub async fn login(&self, username: &str, password: &str) -> Self {
        let body = serde_json::json!({"username": username, "password": password});
        let reply = self.post("/api/auth/login", body).await.ok();
        self.with_token(reply["token"].as_str().unwrap())
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some(body.to_string())).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// The JSON of a success of this method; nothing when no answer comes. Panics on any other answer.
    pub async fn attempt(&self, method: Method, path: &str, body: Value) -> Option<Value> {
        Some(self.try_send(method, path, Some(body.to_string())).await.ok()?.ok())
    }

    /// Any method, with any body.
    pub async fn send(&self, method: Method, path: &str, body: Option<String>) -> Reply {
        self.try_send(method, path, body).await.unwrap()
    }

    /// Any method, with these headers and any bytes as body.
    pub async fn send_with(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        let mut request = self.request(method, path).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Self::answer(request).await.unwrap()
    }

    async fn try_send(&self, method: Method, path: &str, body: Option<String>) -> reqwest::Result<Reply> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        Self::answer(request).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.credentials {
            Some((name, value)) => request.header(*name, value),
            None => request,
        }
    }

    async fn answer(request: reqwest::RequestBuilder) -> reqwest::Result<Reply> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await?.to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or_default();
        Ok(Reply { status, headers, bytes, json })
    }
}
