//! Deployments of certificates to servers (000 §3.4, §5.2).

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod run;
pub mod runs;
pub mod update;

use std::net::IpAddr;

use domain::deployments::{Config, Deployment, Kind, Verify};
use domain::names::{DomainName, entries};
use domain::{Error, Result};
use serde::{Deserialize, Serialize};
use steward_http::Time;
use steward_http::schema::Port;
use utoipa::ToSchema;

use crate::schema::{AccountName, Command, DeploymentStatus, FileMode, ServerPath, SiteKind, VerifyMethod};

/// What is done beside the two files; what is left out goes by the server's type.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteConfig {
    /// `nginx`, `apache` or `files`; the server's type unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SiteKind>)]
    kind: Option<String>,
    /// A file that Steward writes, with the directives that name the two files, to be included by the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ServerPath>)]
    snippet_path: Option<String>,
    /// The command that tests the configuration: `nginx -t` or `apachectl configtest` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Command>)]
    test: Option<String>,
    /// The command that makes the server read the files anew: `systemctl reload nginx` or `apachectl -k graceful` unless
    /// given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Command>)]
    reload: Option<String>,
    /// Where the site is looked at afterwards; 443 unless given, for `files` nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Port>)]
    port: Option<u16>,
    /// The site's addresses; the server's `ip_address` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<Vec<String>>,
    /// The names it is asked for by; the certificate's first unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<Vec<String>>,
    /// `handshake` looks at the site until it serves the new certificate; `files` compares what is on the server's disk,
    /// for sites that Steward cannot see as their visitors do. `handshake` unless given, and where nothing says where the
    /// site is, `files`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<VerifyMethod>)]
    verify: Option<String>,
    /// The owner of the two files; that of the files they replace unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AccountName>)]
    owner: Option<String>,
    /// The group of the two files; that of the files they replace unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AccountName>)]
    group: Option<String>,
    /// The mode of the key's file, such as `640`; that of the file it replaces unless given, or else `600`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<FileMode>)]
    mode: Option<String>,
}

impl SiteConfig {
    fn read(self) -> Result<Config> {
        let address = |text: &str| -> Result<IpAddr> {
            text.parse().map_err(|_| Error::invalid("config.addresses", "must be IP addresses such as 192.0.2.10"))
        };
        let name = |text: &str| DomainName::parse("config.names", text);
        Ok(Config {
            kind: self.kind.map(|text| Kind::parse("config.kind", &text)).transpose()?,
            snippet_path: self.snippet_path,
            test: self.test,
            reload: self.reload,
            port: self.port,
            addresses: self.addresses.map(|all| each(&all).map(address).collect()).transpose()?,
            names: self.names.map(|all| each(&all).map(name).collect()).transpose()?,
            verify: self.verify.map(|text| Verify::parse("config.verify", &text)).transpose()?,
            owner: self.owner,
            group: self.group,
            mode: self.mode,
        })
    }

    fn new(config: &Config) -> Self {
        Self {
            kind: config.kind.map(|kind| kind.as_str().to_owned()),
            snippet_path: config.snippet_path.clone(),
            test: config.test.clone(),
            reload: config.reload.clone(),
            port: config.port,
            addresses: config.addresses.as_ref().map(|all| all.iter().map(ToString::to_string).collect()),
            names: config.names.as_ref().map(|all| all.iter().map(ToString::to_string).collect()),
            verify: config.verify.map(|verify| verify.as_str().to_owned()),
            owner: config.owner.clone(),
            group: config.group.clone(),
            mode: config.mode.clone(),
        }
    }
}

/// The entries of a list whose parts may be pasted lists themselves.
fn each(parts: &[String]) -> impl Iterator<Item = &str> {
    parts.iter().flat_map(|part| entries(part))
}

/// A deployment (000 §3.4).
#[derive(Serialize, ToSchema)]
pub struct DeploymentDetail {
    id: i64,
    certificate_id: i64,
    server_id: i64,
    #[schema(value_type = ServerPath)]
    deploy_path: String,
    /// `pending`, `running`, `deployed`, `failed`, `rolled_back` or `rollback_failed`.
    #[schema(value_type = DeploymentStatus)]
    status: &'static str,
    last_deployed: Option<Time>,
    created_at: Time,
    updated_at: Time,
    config: SiteConfig,
    /// SHA-256 of the certificate that was deployed last, hex.
    fingerprint: Option<String>,
    /// Why the last run came to nothing, and after a rollback that failed what stands where.
    error: Option<String>,
    /// The run at work, or waiting to try again.
    run_id: Option<i64>,
    /// The operation that drives it.
    operation_id: Option<i64>,
}

impl DeploymentDetail {
    fn new(deployment: &Deployment) -> Self {
        Self {
            id: deployment.id.0,
            certificate_id: deployment.certificate.0,
            server_id: deployment.server.0,
            deploy_path: deployment.deploy_path.clone(),
            status: deployment.status.as_str(),
            last_deployed: deployment.last_deployed.map(Into::into),
            created_at: deployment.created_at.into(),
            updated_at: deployment.updated_at.into(),
            config: SiteConfig::new(&deployment.config),
            fingerprint: deployment.fingerprint.clone(),
            error: deployment.status.error().map(str::to_owned),
            run_id: deployment.current.map(|current| current.run.0),
            operation_id: deployment.current.map(|current| current.operation.0),
        }
    }
}
