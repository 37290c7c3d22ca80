//! `POST /api/servers/{id}/ssh/host-key`

use axum::Json;
use axum::extract::State;
use domain::servers::{self, Server};
use serde::Deserialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody, JsonBody};
use utoipa::ToSchema;

use super::ServerDetail;

/// The key to accept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HostKeyToAccept {
    /// The fingerprint that was refused, as `ssh-keygen -lf` on the server shows it.
    #[schema(example = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU")]
    fingerprint: String,
}

/// Accepts the host key that was refused because it is not the pinned one. For administrators, once they have made sure
/// that it is the server's.
#[utoipa::path(post, path = "/api/servers/{id}/ssh/host-key", tag = "servers", params(("id" = i64, Path)),
    request_body = HostKeyToAccept,
    responses((status = 200, body = ServerDetail), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn accept_host_key(
    State(app): State<App>,
    asked: CallerAnd<Server>,
    JsonBody(body): JsonBody<HostKeyToAccept>,
) -> Answer<Json<ServerDetail>> {
    let mut server = asked.row;
    servers::accept_host_key(&app.ctx, &asked.caller.viewer, &mut server, &body.fingerprint).await?;
    Ok(Json(ServerDetail::new(&server.value)))
}
