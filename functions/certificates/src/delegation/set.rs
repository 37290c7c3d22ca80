//! `PUT /api/delegation`

use axum::Json;
use axum::extract::State;
use domain::dns_credentials::DnsCredential;
use domain::ports::Key;
use domain::{delegation, entity};
use serde::{Deserialize, Serialize};
use steward_http::schema::Domain;
use steward_http::{Answer, App, Caller, ErrorBody, JsonBody};
use utoipa::ToSchema;

/// Which zone, and what writes there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DelegationSetting {
    /// The DNS credential that writes in the zone.
    dns_credential_id: i64,
    /// The zone, or a name in one.
    #[schema(value_type = Domain)]
    zone: String,
}

/// It is set.
#[derive(Serialize, ToSchema)]
pub struct DelegationSet {
    dns_credential_id: i64,
    zone: String,
}

/// Lets every user point `_acme-challenge` names into this zone, where Steward answers their challenges; for
/// administrators. Changing the zone makes every CNAME that was made for the old one void.
#[utoipa::path(put, path = "/api/delegation", tag = "delegation", request_body = DelegationSetting,
    responses((status = 200, body = DelegationSet), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn set(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<DelegationSetting>,
) -> Answer<Json<DelegationSet>> {
    caller.viewer.require_admin()?;
    let store = app.ctx.store.as_ref();
    let credential = entity::load::<DnsCredential>(store, Key::of(body.dns_credential_id)).await?;
    let set = delegation::set(&app.ctx, &caller.viewer, &credential.value, &body.zone).await?;
    Ok(Json(DelegationSet { dns_credential_id: set.credential.0, zone: set.zone }))
}
