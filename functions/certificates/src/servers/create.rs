//! `POST /api/servers` (000 §4.3.3)

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::servers::{self, NewServer};
use serde::Deserialize;
use steward_http::{Answer, App, Caller, ErrorBody, JsonBody};
use utoipa::ToSchema;

use super::ServerDetail;
use crate::schema::{Address, Note, ServerName, ServerType, ServerWord};

/// A server to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerToAdd {
    /// What serves its sites: `nginx`, `apache`, or another word for what Steward only brings files to.
    #[schema(value_type = ServerType)]
    r#type: String,
    /// At most 100 characters.
    #[schema(value_type = ServerName)]
    name: String,
    /// The operating system; a test finds it out.
    #[schema(value_type = Option<ServerWord>)]
    system: Option<String>,
    /// IPv4 or IPv6.
    #[schema(value_type = Address)]
    ip_address: String,
    /// The version of what serves its sites; a test finds it out.
    #[schema(value_type = Option<ServerWord>)]
    version: Option<String>,
    /// Whether renewed certificates are deployed to it by themselves; not so unless given.
    auto_deploy: Option<bool>,
    /// At most 1000 characters.
    #[schema(value_type = Option<Note>)]
    note: Option<String>,
}

/// Adds a server. Say how it is reached with `PUT /api/servers/{id}/ssh`.
#[utoipa::path(post, path = "/api/servers", tag = "servers", request_body = ServerToAdd,
    responses((status = 201, body = ServerDetail), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<ServerToAdd>,
) -> Answer<(StatusCode, Json<ServerDetail>)> {
    let new = NewServer {
        r#type: body.r#type,
        name: body.name,
        system: body.system.unwrap_or_default(),
        ip_address: body.ip_address,
        version: body.version.unwrap_or_default(),
        auto_deploy: body.auto_deploy.unwrap_or_default(),
        note: body.note.unwrap_or_default(),
    };
    let server = servers::create(&app.ctx, caller.viewer.user, new).await?;
    Ok((StatusCode::CREATED, Json(ServerDetail::new(&server.value))))
}
