mod media;
mod object;
mod optional;
pub(crate) mod reading;
mod words;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use domain::Error;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

pub use object::Object;

use crate::trail::Trail;
use crate::{App, Fault, query};
use reading::{BODY_MAX, BodyMax};

/// What Windows' editors write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A JSON body, whatever its `Content-Type` says. What does not fit is refused with the name of the field.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequest<App> for JsonBody<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let value = received(request, app, false).await?;
        value.map(Self).ok_or_else(|| Error::invalid("body", "must be a JSON object; it is empty").into())
    }
}

/// Reads the body of a request; `None` when there is none and there need not be one.
async fn received<T: DeserializeOwned + Send>(request: Request, app: &App, optional: bool) -> Result<Option<T>, Fault> {
    let (parts, body) = request.into_parts();
    media::check_headers(&parts.headers)?;
    let BodyMax(max) = parts.extensions.get().copied().unwrap_or(BodyMax(BODY_MAX));
    let held = reading::read(body, max, app).await?;
    if optional && matches!(held.bytes.trim_ascii(), b"" | b"null") {
        return Ok(None);
    }
    let bytes = held.bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&held.bytes);
    media::check(&parts.headers, bytes)?;
    let value = parse::<T>(bytes)?;
    if let Some(trail) = parts.extensions.get::<Trail>() {
        trail.understood(app, bytes).await?;
    }
    Ok(Some(value))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    if bytes.is_empty() {
        return Err(Error::invalid("body", "must be a JSON object; it is empty"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let Object(value) = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        match error.inner().classify() {
            Category::Data => words::refused("body", &path, &error.inner().to_string()),
            Category::Syntax | Category::Eof | Category::Io => no_json(error.inner()),
        }
    })?;
    json.end().map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Error::invalid("body", format!("must be one JSON object; more follows it at line {line} column {column}"))
    })?;
    Ok(value)
}

fn no_json(error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    let reason = match error.classify() {
        Category::Eof => format!("must be a JSON object; it breaks off at line {line} column {column}"),
        Category::Syntax | Category::Data | Category::Io => format!("must be a JSON object; it is no JSON: {error}"),
    };
    Error::invalid("body", reason)
}

/// The query string. What does not fit is refused with the name of the parameter.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let query = parts.uri.query().unwrap_or_default();
        let query = query::without_cache_busters(query);
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let value = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
            .map_err(|error| words::refused("query", &error.path().to_string(), &error.inner().to_string()))?;
        Ok(Self(value))
    }
}
