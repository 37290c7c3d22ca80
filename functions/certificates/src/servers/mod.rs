//! Servers (000 §4.3).

pub mod create;
pub mod delete;
pub mod get;
pub mod host_key;
pub mod list;
pub mod ssh;
pub mod test;
pub mod update;

use domain::servers::{Server, Ssh};
use serde::Serialize;
use steward_http::Time;
use steward_http::schema::Port;
use utoipa::ToSchema;

use crate::schema::{Address, Host, LoginName, Note, ServerName, ServerState, ServerType};

/// A server in a list (000 §4.3.1).
#[derive(Serialize, ToSchema)]
pub struct ServerSummary {
    id: i64,
    #[schema(value_type = ServerType)]
    r#type: String,
    #[schema(value_type = ServerName)]
    name: String,
    system: String,
    #[schema(value_type = Address)]
    ip_address: String,
    version: String,
    /// `normal`, `unreachable`, `login refused`, `host key changed` or, before anybody looked, `unknown`.
    #[schema(value_type = ServerState)]
    status: &'static str,
    /// When somebody last looked at it.
    last_update: Option<Time>,
    auto_deploy: bool,
    #[schema(value_type = Note)]
    note: String,
}

impl ServerSummary {
    fn new(server: &Server) -> Self {
        Self {
            id: server.id.0,
            r#type: server.r#type.clone(),
            name: server.name.clone(),
            system: server.system.clone(),
            ip_address: server.ip_address.clone(),
            version: server.version.clone(),
            status: server.status.as_str(),
            last_update: server.last_update.map(Into::into),
            auto_deploy: server.auto_deploy,
            note: server.note.clone(),
        }
    }
}

/// A server with everything about it (000 §4.3.2).
#[derive(Serialize, ToSchema)]
pub struct ServerDetail {
    #[serde(flatten)]
    summary: ServerSummary,
    created_at: Time,
    updated_at: Time,
    /// How it is reached over SSH, once somebody said so.
    ssh: Option<SshDetail>,
}

impl ServerDetail {
    fn new(server: &Server) -> Self {
        let ssh = server.ssh.as_ref().map(SshDetail::new);
        let summary = ServerSummary::new(server);
        Self { summary, created_at: server.created_at.into(), updated_at: server.updated_at.into(), ssh }
    }
}

/// How a server is reached over SSH. The private key is never shown.
#[derive(Serialize, ToSchema)]
pub struct SshDetail {
    #[schema(value_type = Host)]
    host: String,
    #[schema(value_type = Port)]
    port: u16,
    #[schema(value_type = LoginName)]
    user: String,
    /// The line for the `authorized_keys` of that user.
    public_key: String,
    /// The key's SHA-256, as OpenSSH writes it.
    fingerprint: String,
    /// The SHA-256 of the host key that the server must show; it is pinned at the first contact.
    host_key: Option<String>,
    /// The SHA-256 of another host key that it has shown, which an administrator may accept.
    refused_host_key: Option<String>,
}

impl SshDetail {
    fn new(ssh: &Ssh) -> Self {
        Self {
            host: ssh.host.clone(),
            port: ssh.port,
            user: ssh.user.clone(),
            public_key: ssh.public_key.clone(),
            fingerprint: ssh.fingerprint.clone(),
            host_key: ssh.host_key.as_ref().map(|key| key.fingerprint.clone()),
            refused_host_key: ssh.refused.as_ref().map(|key| key.fingerprint.clone()),
        }
    }
}
