//! `POST /api/v1/acme/accounts/set-default` (002 §3)

use axum::Json;
use axum::extract::State;
use domain::acme;
use domain::ids::{AccountId, ProviderId};
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, Caller, CodeErrorBody, JsonBody};
use utoipa::ToSchema;

use crate::envelope::{self, Envelope};

/// Which account, at which CA.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DefaultAccount {
    provider_id: i64,
    account_id: i64,
}

/// Makes an active account the default at its CA, in place of the one that was.
#[utoipa::path(post, path = "/api/v1/acme/accounts/set-default", tag = "acme-accounts", request_body = DefaultAccount,
    responses((status = 200, body = Envelope<DefaultAccount>), (status = 400, body = CodeErrorBody),
        (status = 401, body = CodeErrorBody), (status = 404, body = CodeErrorBody),
        (status = 409, body = CodeErrorBody)))]
pub async fn set_default(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<DefaultAccount>,
) -> Answer<Json<Envelope<DefaultAccount>>> {
    acme::set_default(&app.ctx, &caller.viewer, ProviderId(body.provider_id), AccountId(body.account_id)).await?;
    Ok(envelope::one(body))
}
