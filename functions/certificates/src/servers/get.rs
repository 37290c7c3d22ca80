//! `GET /api/servers/{id}` (000 §4.3.2)

use axum::Json;
use domain::servers::Server;
use steward_http::{Answer, CallerAnd, ErrorBody};

use super::ServerDetail;

/// A server.
#[utoipa::path(get, path = "/api/servers/{id}", tag = "servers", params(("id" = i64, Path)),
    responses((status = 200, body = ServerDetail), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get(asked: CallerAnd<Server>) -> Answer<Json<ServerDetail>> {
    Ok(Json(ServerDetail::new(&asked.row.value)))
}
