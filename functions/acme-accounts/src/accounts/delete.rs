//! `POST /api/v1/acme/accounts/delete` (002 §6)

use axum::Json;
use axum::extract::State;
use domain::acme;
use domain::ids::AccountId;
use serde::Serialize;
use steward_http::{Answer, App, Caller, CodeErrorBody, JsonBody};
use utoipa::ToSchema;

use super::AccountRef;
use crate::envelope::{self, Envelope};

/// It is gone.
#[derive(Serialize, ToSchema)]
pub struct DeletedItem {
    id: i64,
    deleted: bool,
}

/// Deletes an account; never the default one, nor one that certificates were ordered with.
#[utoipa::path(post, path = "/api/v1/acme/accounts/delete", tag = "acme-accounts", request_body = AccountRef,
    responses((status = 200, body = Envelope<DeletedItem>), (status = 400, body = CodeErrorBody),
        (status = 401, body = CodeErrorBody), (status = 404, body = CodeErrorBody),
        (status = 409, body = CodeErrorBody)))]
pub async fn delete(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<AccountRef>,
) -> Answer<Json<Envelope<DeletedItem>>> {
    acme::delete(&app.ctx, &caller.viewer, AccountId(body.id)).await?;
    Ok(envelope::one(DeletedItem { id: body.id, deleted: true }))
}
