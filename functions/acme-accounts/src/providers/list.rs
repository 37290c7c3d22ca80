//! `GET /api/v1/acme/providers` (002 §0)

use axum::Json;
use axum::extract::State;
use domain::acme;
use steward_http::{Answer, App, Caller, CodeErrorBody};

use super::ProviderItem;
use crate::envelope::{self, Envelope};

/// Every certificate authority one can have accounts at.
#[utoipa::path(get, path = "/api/v1/acme/providers", tag = "acme-providers",
    responses((status = 200, body = Envelope<ProviderItem>), (status = 401, body = CodeErrorBody)))]
pub async fn list(State(app): State<App>, _caller: Caller) -> Answer<Json<Envelope<ProviderItem>>> {
    let providers = acme::providers(app.ctx.store.as_ref()).await?;
    let items: Vec<ProviderItem> = providers.into_iter().map(Into::into).collect();
    let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
    Ok(envelope::page(items, count.into(), 1, count))
}
