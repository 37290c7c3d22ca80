use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use domain::Error;

use crate::Fault;

/// The integer id at the end of a path's variable part.
#[derive(Clone, Copy, Debug)]
pub struct IdPath(pub i64);

impl<S: Send + Sync> FromRequestParts<S> for IdPath {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let id = text.ok().and_then(|Path(text)| text.parse().ok()).filter(|id| *id > 0);
        id.map(Self).ok_or_else(|| Error::invalid("id", "must be a positive integer").into())
    }
}
