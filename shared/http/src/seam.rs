use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequestParts, MatchedPath, OriginalUri, Request, State};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::ports::EntropyExt;
use tower::ServiceExt;

use crate::area::{Known, Route};
use crate::body::reading::{BODY_MAX, BodyMax, Drained, PUBLIC_BODY_MAX};
use crate::fault::Cause;
use crate::trail::{Trail, acts};
use crate::{App, Area, Caller, Face, Fault, RequestId, Source, panics, query};

/// Where a slash at the end means something: the page of the documentation refers to its files by it.
const WITH_SLASH: &str = "/api/docs/";

/// What every answer says, unless it says otherwise: it is no page, and no page may frame it.
const SAFE_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

/// What the layer around every route knows.
struct Seam {
    app: App,
    known: Known,
    longest: Duration,
}

/// Wraps an area's routes in what every request gets: an id, size limits, errors in the words of its face, an entry in
/// the audit trail, and safe headers. The same for one process and for a Lambda. No request may take longer than
/// `longest`, its body included.
pub fn finish(area: Area, app: App, longest: Duration) -> Router {
    let seam = Arc::new(Seam { app: app.clone(), known: area.known, longest });
    let routes = area
        .routes
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_method)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(seam, around))
        .with_state(app);
    Router::new().fallback_service(routes.map_request(without_slash))
}

/// A path is found with a slash at its end, too.
fn without_slash(mut request: Request) -> Request {
    let path = request.uri().path();
    if path.len() < 2 || !path.ends_with('/') || path.starts_with(WITH_SLASH) {
        return request;
    }
    let path = match path.trim_end_matches('/') {
        "" => "/",
        path => path,
    };
    let wanted = match request.uri().query() {
        Some(query) => format!("{path}?{query}").parse::<PathAndQuery>(),
        None => path.parse(),
    };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = wanted.ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        let original = std::mem::replace(request.uri_mut(), uri);
        request.extensions_mut().insert(OriginalUri(original));
    }
    request
}

async fn around(State(seam): State<Arc<Seam>>, mut request: Request, next: Next) -> Response {
    let app = &seam.app;
    let id = RequestId(app.ctx.entropy.hex::<8>());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(id.clone());

    let mut trail = None;
    let answer = tokio::time::timeout(seam.longest, answer(&seam, request, next, &mut trail)).await;
    let response = answer.unwrap_or_else(|_| {
        let message =
            "the request took too long and was stopped; part of it may be done, so check before you send it again";
        Fault::from(Error::Unavailable(message.into())).into_response()
    });
    let said = |mut response: Response| {
        let Some(Fault(cause)) = response.extensions_mut().remove::<Fault>() else { return response };
        match cause.as_ref() {
            Cause::Domain(Error::Internal(cause)) => {
                tracing::error!(request = %id.0, %method, %path, %cause, "request failed");
            }
            other => tracing::debug!(request = %id.0, %method, %path, error = %other, "request refused"),
        }
        Face::of_path(&path).say(&cause, &id.0)
    };
    let mut response = said(response);
    if let Some(trail) = trail {
        response = said(trail.finish(app, response).await);
    }
    tracing::debug!(request = %id.0, %method, %path, status = response.status().as_u16(), "answered");

    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert("x-request-id", id);
    }
    for (name, value) in SAFE_HEADERS {
        headers.entry(name).or_insert(value);
    }
    response
}

/// Answers a request. What is to be audited leaves its entry, whose outcome is the last form of the answer.
async fn answer(seam: &Seam, request: Request, next: Next, entry: &mut Option<Trail>) -> Response {
    let app = &seam.app;
    let (mut parts, body) = request.into_parts();
    let body = Body::new(Drained::new(body));
    let matched = parts.extensions.get::<MatchedPath>().cloned();
    let route = matched.as_ref().and_then(|path| seam.known.route(&parts.method, path.as_str()));
    let (Some(route), Some(matched)) = (route, matched) else {
        return run(next, Request::from_parts(parts, body)).await;
    };
    let Ok(source) = Source::from_request_parts(&mut parts, app).await;
    *entry = Trail::of(app, &parts, route.public, &source.0, seam.longest);
    if let Some(trail) = entry {
        parts.extensions.insert(trail.clone());
    }
    parts.extensions.insert(BodyMax(if route.public { PUBLIC_BODY_MAX } else { BODY_MAX }));
    match check(&parts, matched.as_str(), route) {
        Ok(()) => run(next, Request::from_parts(parts, body)).await,
        // Unauthenticated callers get 401 before any other error.
        Err(fault) if !route.public => {
            Caller::from_request_parts(&mut parts, app).await.err().unwrap_or(fault).into_response()
        }
        Err(fault) => fault.into_response(),
    }
}

/// What is wrong with a request before its handler looks at it.
fn check(parts: &Parts, path: &str, route: &Route) -> Result<(), Fault> {
    if parts.method == Method::OPTIONS {
        return Ok(());
    }
    if parts.method == Method::HEAD && acts(&Method::GET, path) {
        let message = format!("HEAD is not a method of {path}, because GET does more than read; send GET");
        return Err(Cause::Method(message, "GET").into_fault());
    }
    Ok(query::check(parts.uri.query().unwrap_or_default(), route)?)
}

async fn run(next: Next, request: Request) -> Response {
    panics::caught(next.run(request)).await.unwrap_or_else(|error| Fault::from(error).into_response())
}

async fn unknown_path(OriginalUri(uri): OriginalUri) -> Response {
    let message = format!("there is nothing at {}; GET /api/docs describes the routes", uri.path());
    Face::of_path(uri.path()).body(StatusCode::NOT_FOUND, "not_found", 3001, message)
}

/// The router adds the `Allow` header, which is all that OPTIONS asks for.
async fn unknown_method(method: Method, OriginalUri(uri): OriginalUri) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let message = format!("{method} is not a method of {}", uri.path());
    Face::of_path(uri.path()).body(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", 2001, message).into_response()
}
