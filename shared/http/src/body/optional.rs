use axum::extract::{OptionalFromRequest, Request};
use serde::de::DeserializeOwned;

use super::{JsonBody, received};
use crate::{App, Fault};

/// A body that may be left out, or be `null`.
impl<T: DeserializeOwned + Send> OptionalFromRequest<App> for JsonBody<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Option<Self>, Fault> {
        Ok(received(request, app, true).await?.map(Self))
    }
}
