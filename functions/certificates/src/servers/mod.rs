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
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A server in a list (000 §4.3.1).
#[derive(Serialize, ToSchema)]
pub struct ServerSummary {
    id: i64,
    r#type: String,
    name: String,
    system: String,
    ip_address: String,
    version: String,
    /// `normal`, `unreachable`, `login refused`, `host key changed` or, before anybody looked, `unknown`.
    status: &'static str,
    /// When somebody last looked at it.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_update: Option<Timestamp>,
    auto_deploy: bool,
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
            last_update: server.last_update,
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
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// How it is reached over SSH, once somebody said so.
    ssh: Option<SshDetail>,
}

impl ServerDetail {
    fn new(server: &Server) -> Self {
        let ssh = server.ssh.as_ref().map(SshDetail::new);
        let summary = ServerSummary::new(server);
        Self { summary, created_at: server.created_at, updated_at: server.updated_at, ssh }
    }
}

/// How a server is reached over SSH. The private key is never shown.
#[derive(Serialize, ToSchema)]
pub struct SshDetail {
    host: String,
    port: u16,
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
