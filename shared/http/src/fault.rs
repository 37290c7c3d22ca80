use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// What handlers give.
pub type Answer<T> = Result<T, Fault>;

/// An error on its way to the caller. The outermost layer ([`crate::finish`]) turns it into the body that the face of
/// the request's path speaks.
#[derive(Debug, Clone)]
pub struct Fault(pub(crate) Arc<Cause>);

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    /// By the domain.
    #[error(transparent)]
    Domain(domain::Error),
    /// Its method does not fit the path; the one that does.
    #[error("{0}")]
    Method(String, &'static str),
    /// Its body is larger than so many bytes.
    #[error("body: must be at most {}", size(*.0))]
    TooLarge(usize),
    /// Its body is of a kind that is not read.
    #[error("{0}")]
    Media(&'static str),
}

fn size(bytes: usize) -> String {
    match bytes / 1024 {
        kibibytes if kibibytes >= 1024 => format!("{} MiB", kibibytes / 1024),
        kibibytes => format!("{kibibytes} KiB"),
    }
}

impl<E: Into<domain::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Cause::Domain(error.into()).into_fault()
    }
}

impl Cause {
    pub(crate) fn into_fault(self) -> Fault {
        Fault(Arc::new(self))
    }
}
impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// An error as documents 000 and 003 say it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What is wrong, and what would be right.
    pub error: String,
}

/// An error as document 002 says it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeErrorBody {
    /// 1001 unauthenticated, 1003 forbidden, 2001 invalid, 3001 not found, 3002 business rule, 4029 too many,
    /// 5000 internal.
    pub code: u16,
    /// What is wrong, and what would be right.
    pub message: String,
    /// Always null.
    #[schema(value_type = Option<Object>)]
    pub data: (),
}

/// An error as document 004 says it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CloudErrorBody {
    /// Always false.
    pub success: bool,
    /// The HTTP status.
    pub code: u16,
    /// The kind of error, one word.
    pub error: &'static str,
    /// What is wrong, and what would be right.
    pub message: String,
}
