//! `PUT /api/servers/{id}/ssh`

use axum::Json;
use axum::extract::State;
use domain::Error;
use domain::servers::{self, Server, SshSettings};
use secrecy::SecretString;
use serde::Deserialize;
use steward_http::schema::Port;
use steward_http::{Answer, App, CallerAnd, ErrorBody, JsonBody};
use utoipa::ToSchema;

use super::ServerDetail;
use crate::schema::{Host, LoginName};

/// How a server is reached; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SshToSet {
    /// A name or an address; the server's `ip_address` unless given.
    #[schema(value_type = Option<Host>)]
    host: Option<String>,
    /// 22 unless given.
    #[schema(value_type = Option<Port>)]
    port: Option<i64>,
    /// `root` unless given. It must be able to write where certificates go, and to reload what serves the sites.
    #[schema(value_type = Option<LoginName>)]
    user: Option<String>,
    /// A private key (OpenSSH, PKCS#8, PKCS#1 or SEC1, PEM, not encrypted). Steward makes one where there is none.
    #[schema(value_type = Option<String>)]
    private_key: Option<SecretString>,
}

/// Says how a server is reached over SSH, and shows the line for `authorized_keys`. The server's host key is pinned at
/// the first contact.
#[utoipa::path(put, path = "/api/servers/{id}/ssh", tag = "servers", params(("id" = i64, Path)), request_body = SshToSet,
    responses((status = 200, body = ServerDetail), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn set_ssh(
    State(app): State<App>,
    asked: CallerAnd<Server>,
    JsonBody(body): JsonBody<SshToSet>,
) -> Answer<Json<ServerDetail>> {
    let mut server = asked.row;
    let port = body.port.map(|port| u16::try_from(port).map_err(|_| Error::invalid("port", "must be from 1 to 65535")));
    let settings =
        SshSettings { host: body.host, port: port.transpose()?, user: body.user, private_key: body.private_key };
    servers::set_ssh(&app.ctx, &mut server, settings).await?;
    Ok(Json(ServerDetail::new(&server.value)))
}
