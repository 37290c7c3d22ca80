use axum::extract::{FromRequest, OptionalFromRequest, Request};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

use super::JsonBody;
use crate::Fault;

/// A body that may be left out.
impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for JsonBody<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Fault> {
        let (parts, body) = request.into_parts();
        let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(Request::from_parts(parts, bytes.into()), state).await.map(Some)
    }
}
