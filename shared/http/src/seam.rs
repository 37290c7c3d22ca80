use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::ports::EntropyExt;
use http_body_util::BodyExt;

use crate::trail::Trail;
use crate::{App, Face, Fault, RequestId, Source};

/// The largest body: room for the largest field to be refused by name.
const BODY_MAX: usize = 2 * 1024 * 1024;
/// How much of a larger one is read, and thrown away, before it is refused.
const DISCARDED_MAX: usize = 16 * 1024 * 1024;

/// Wraps an area's routes in what every request gets: an id, a size limit, errors in the words of its face, and safe
/// headers. The same for one process and for a Lambda. No request may take longer than `longest`, its body included:
/// nobody holds a connection for ever by half a request.
pub fn finish(routes: Router<App>, app: App, longest: Duration) -> Router {
    routes
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_method)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state((app.clone(), longest), around))
        .with_state(app)
}

async fn around(State((app, longest)): State<(App, Duration)>, mut request: Request, next: Next) -> Response {
    let id = RequestId(app.ctx.entropy.hex::<8>());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(id.clone());

    let (parts, body) = request.into_parts();
    let answer = async {
        match read(body).await {
            Ok(bytes) => audited(&app, parts, bytes, next).await,
            Err(error) => Fault::from(error).into_response(),
        }
    };
    let mut response = tokio::time::timeout(longest, answer).await.unwrap_or_else(|_| {
        let message = "the request took too long; what it began is safe, look before you repeat it";
        Fault::from(Error::Unavailable(message.into())).into_response()
    });
    if let Some(Fault(error)) = response.extensions_mut().remove::<Fault>() {
        match error.as_ref() {
            Error::Internal(cause) => tracing::error!(request = %id.0, %method, %path, %cause, "request failed"),
            other => tracing::debug!(request = %id.0, %method, %path, error = %other, "request refused"),
        }
        let trail = response.extensions_mut().remove::<Trail>();
        response = Face::of_path(&path).say(&error, &id.0);
        if let Some(trail) = trail {
            response.extensions_mut().insert(trail);
        }
    }
    if let Some(trail) = response.extensions_mut().remove::<Trail>() {
        response = trail.finish(&app, response).await;
    }
    tracing::debug!(request = %id.0, %method, %path, status = response.status().as_u16(), "answered");

    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert("x-request-id", id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Answers a request; what is to be audited has its entry in the answer's extensions, because the answer's last form is
/// not made here.
async fn audited(app: &App, mut parts: Parts, body: Vec<u8>, next: Next) -> Response {
    let Ok(source) = Source::from_request_parts(&mut parts, app).await;
    let trail = match Trail::of(app, &parts, &body, &source.0).await {
        Ok(trail) => trail,
        Err(error) => return Fault::from(error).into_response(),
    };
    if let Some(trail) = &trail {
        parts.extensions.insert(trail.clone());
    }
    let mut response = next.run(Request::from_parts(parts, body.into())).await;
    if let Some(trail) = trail {
        response.extensions_mut().insert(trail);
    }
    response
}

/// Reads the whole body before anything is answered: a refusal in the middle of it would close the connection, and who
/// is still sending would see a broken pipe instead of the reason.
async fn read(mut body: Body) -> Result<Vec<u8>, Error> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Error::invalid("body", "must be complete; it broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length <= BODY_MAX {
            bytes.extend_from_slice(&data);
        } else if length <= DISCARDED_MAX {
            bytes = Vec::new();
        } else {
            break;
        }
    }
    if length > BODY_MAX { Err(Error::invalid("body", "must be at most 2 MiB")) } else { Ok(bytes) }
}

async fn unknown_path(uri: Uri) -> Response {
    let message = format!("there is nothing at {}; GET /api/docs describes the routes", uri.path());
    Face::of_path(uri.path()).body(StatusCode::NOT_FOUND, "not_found", 3001, message)
}

/// The router adds the `Allow` header, which is all that OPTIONS asks for.
async fn unknown_method(method: Method, uri: Uri) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let message = format!("{method} is not a method of {}", uri.path());
    Face::of_path(uri.path()).body(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", 2001, message).into_response()
}
