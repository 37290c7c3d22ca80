use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Error;
use serde_json::json;

use crate::fault::{CloudErrorBody, CodeErrorBody, ErrorBody};

/// A document's way to say an error (DESIGN §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// 000 and 003: `{"error": "…"}`.
    Plain,
    /// 001: `{"detail": "…"}`.
    Fleet,
    /// 002: `{"code": 3002, "message": "…", "data": null}`.
    Code,
    /// 004: `{"success": false, "code": 409, "error": "conflict", "message": "…"}`.
    Cloud,
}

impl Face {
    /// The face that a path belongs to.
    pub fn of_path(path: &str) -> Self {
        match path {
            _ if path.starts_with("/fleet/") => Self::Fleet,
            _ if path.starts_with("/api/v1/acme/") => Self::Code,
            _ if path.starts_with("/api/v1/") => Self::Cloud,
            _ => Self::Plain,
        }
    }

    /// The response that says an error. `request` is shown where the cause must not be.
    pub fn say(self, error: &Error, request: &str) -> Response {
        let (status, word, code) = kind(error);
        let message = match error {
            Error::Internal(_) => format!("internal error; the log has the cause under request {request}"),
            other => other.to_string(),
        };
        let mut response = self.body(status, word, code, message);
        let headers = response.headers_mut();
        match error {
            Error::TooMany { retry_after, .. } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*retry_after));
            }
            Error::PutOff { retry_after, .. } => {
                // In whole seconds, and never before the time.
                let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
            }
            Error::Unauthenticated(_) => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }

    /// The response for an error that no handler made, such as an unknown path.
    pub fn body(self, status: StatusCode, word: &'static str, code: u16, message: String) -> Response {
        match self {
            Self::Plain => (status, Json(ErrorBody { error: message })).into_response(),
            Self::Fleet => (status, Json(json!({ "detail": message }))).into_response(),
            Self::Code => (status, Json(CodeErrorBody { code, message, data: () })).into_response(),
            Self::Cloud => {
                let body = CloudErrorBody { success: false, code: status.as_u16(), error: word, message };
                (status, Json(body)).into_response()
            }
        }
    }
}

/// Each error's status, 004's word and 002's code: the one place that decides them.
fn kind(error: &Error) -> (StatusCode, &'static str, u16) {
    match error {
        Error::NotFound { .. } => (StatusCode::NOT_FOUND, "not_found", 3001),
        Error::Invalid { .. } => (StatusCode::BAD_REQUEST, "invalid", 2001),
        Error::Conflict(_) => (StatusCode::CONFLICT, "conflict", 3002),
        Error::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", 1003),
        Error::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, "unauthenticated", 1001),
        Error::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests", 4029),
        Error::Unavailable(_) | Error::PutOff { .. } => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", 5000),
        Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", 5000),
    }
}
