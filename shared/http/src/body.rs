use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use domain::Error;
use serde::de::DeserializeOwned;

use crate::Fault;

/// A JSON body, whatever its `Content-Type` says. What does not fit is refused with the name of the field.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let bytes = axum::body::Bytes::from_request(request, state)
            .await
            .map_err(|_| Error::invalid("body", "must be complete, and at most 2 MiB"))?;
        if bytes.is_empty() {
            return Err(Error::invalid("body", "must be a JSON object; it is empty").into());
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| refused("body", &error.path().to_string(), &error.inner().to_string()))?;
        json.end().map_err(|error| Error::invalid("body", format!("must be one JSON object: {error}")))?;
        Ok(Self(value))
    }
}

/// The query string. What does not fit is refused with the name of the parameter.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let value = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
            .map_err(|error| refused("query", &error.path().to_string(), &error.inner().to_string()))?;
        Ok(Self(value))
    }
}

/// Says which field it was: the path where serde was, or the field that its message is about.
fn refused(whole: &str, path: &str, message: &str) -> Error {
    let about = ["missing field `", "unknown field `", "duplicate field `"];
    let named = about.iter().find_map(|start| message.strip_prefix(start)).and_then(|rest| rest.split('`').next());
    let field = match (path, named) {
        (_, Some(name)) => name,
        ("." | "" | "?", None) => whole,
        (path, None) => path,
    };
    let message = message.split(" at line ").next().unwrap_or(message);
    Error::invalid(field, message)
}
