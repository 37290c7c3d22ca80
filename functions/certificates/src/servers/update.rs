//! `PUT /api/servers/{id}` (000 §4.3.4)

use axum::Json;
use axum::extract::State;
use domain::servers::{self, Server};
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, CallerAnd, ErrorBody, JsonBody, Time};
use utoipa::ToSchema;

use crate::schema::{Note, ServerName};

/// What to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerChange {
    /// At most 100 characters.
    #[schema(value_type = Option<ServerName>)]
    name: Option<String>,
    auto_deploy: Option<bool>,
    /// At most 1000 characters.
    #[schema(value_type = Option<Note>)]
    note: Option<String>,
}

/// What it is now.
#[derive(Serialize, ToSchema)]
pub struct ServerChanged {
    id: i64,
    #[schema(value_type = ServerName)]
    name: String,
    auto_deploy: bool,
    #[schema(value_type = Note)]
    note: String,
    updated_at: Time,
}

/// Changes a server's name, note, and whether renewed certificates are deployed to it by themselves.
#[utoipa::path(put, path = "/api/servers/{id}", tag = "servers", params(("id" = i64, Path)), request_body = ServerChange,
    responses((status = 200, body = ServerChanged), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn update(
    State(app): State<App>,
    asked: CallerAnd<Server>,
    JsonBody(body): JsonBody<ServerChange>,
) -> Answer<Json<ServerChanged>> {
    let mut server = asked.row;
    let change = servers::ServerChange { name: body.name, auto_deploy: body.auto_deploy, note: body.note };
    servers::update(&app.ctx, &mut server, change).await?;
    let Server { id, name, auto_deploy, note, updated_at, .. } = server.value;
    Ok(Json(ServerChanged { id: id.0, name, auto_deploy, note, updated_at: updated_at.into() }))
}
