//! `POST /api/v1/acme/accounts/disable` (002 §5)

use axum::Json;
use axum::extract::State;
use domain::acme;
use domain::ids::AccountId;
use steward_http::{Answer, App, Caller, CodeErrorBody, JsonBody};

use super::{AccountRef, StatusItem};
use crate::envelope::{self, Envelope};

/// Disables an account; never the default one.
#[utoipa::path(post, path = "/api/v1/acme/accounts/disable", tag = "acme-accounts", request_body = AccountRef,
    responses((status = 200, body = Envelope<StatusItem>), (status = 400, body = CodeErrorBody),
        (status = 401, body = CodeErrorBody), (status = 404, body = CodeErrorBody),
        (status = 409, body = CodeErrorBody)))]
pub async fn disable(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<AccountRef>,
) -> Answer<Json<Envelope<StatusItem>>> {
    acme::disable(&app.ctx, &caller.viewer, AccountId(body.id)).await?;
    Ok(envelope::one(StatusItem { id: body.id, status: "disabled" }))
}
