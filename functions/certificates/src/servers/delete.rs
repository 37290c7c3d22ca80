//! `DELETE /api/servers/{id}` (000 §4.3.5)

use axum::Json;
use axum::extract::State;
use domain::servers::{self, Server};
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody};
use utoipa::ToSchema;

/// It is gone.
#[derive(Serialize, ToSchema)]
pub struct ServerDeleted {
    message: &'static str,
}

/// Deletes a server and its SSH key; refused while something is deployed to it. Nothing is done on the server.
#[utoipa::path(delete, path = "/api/servers/{id}", tag = "servers", params(("id" = i64, Path)),
    responses((status = 200, body = ServerDeleted), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn delete(State(app): State<App>, asked: CallerAnd<Server>) -> Answer<Json<ServerDeleted>> {
    servers::delete(&app.ctx, &asked.row).await?;
    Ok(Json(ServerDeleted { message: "Server deleted successfully" }))
}
