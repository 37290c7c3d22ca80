use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use domain::certificates::{Certificate, State};
use domain::entity::{self, Stored};
use domain::ids::CertificateId;
use domain::ports::{Endpoint, Key, KeyAsked};
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Client, Steward, StewardOptions, certificate_row, eventually, put_certificates};
use crate::peers::{Authority, Nginx, Sshd, Visitor};

/// The name of the site.
pub const SITE: &str = "www.example.com";

/// A Steward beside a server that it reaches over SSH, on which nginx serves a site.
#[derive(Debug)]
pub struct SiteLab {
    /// Whose certificates the site has.
    pub authority: Authority,
    /// The site.
    pub nginx: Nginx,
    /// The way to the server.
    pub sshd: Sshd,
    /// Steward.
    pub steward: Steward,
    /// Its administrator.
    pub admin: Client,
    /// The server's id.
    pub server: i64,
    /// The id of the certificate to deploy.
    pub certificate: i64,
    /// What the site serves before anything is deployed.
    pub old: String,
    /// The certificate to deploy.
    pub new: String,
}

impl SiteLab {
    /// Starts all of it; Steward works on its queues.
    pub async fn start() -> Self {
        Self::with(StewardOptions::default()).await
    }

    /// Starts all of it; Steward works on no queue.
    pub async fn idle() -> Self {
        Self::with(StewardOptions { idle: true, ..StewardOptions::default() }).await
    }

    /// Starts all of it, with this way to the server.
    pub async fn reached_by(sshd: Sshd) -> Self {
        let authority = Authority::generate();
        let (chain, key) = authority.issue(&[SITE]);
        let nginx = Nginx::start(&chain, &key).await;
        Self::of(authority, &chain, nginx, sshd, StewardOptions::default()).await
    }

    /// Starts all of it, with an nginx that has this certificate of the authority.
    pub async fn serving(authority: Authority, chain: &str, nginx: Nginx) -> Self {
        Self::of(authority, chain, nginx, Sshd::start().await, StewardOptions::default()).await
    }

    async fn with(options: StewardOptions) -> Self {
        let authority = Authority::generate();
        let (chain, key) = authority.issue(&[SITE]);
        let nginx = Nginx::start(&chain, &key).await;
        Self::of(authority, &chain, nginx, Sshd::start().await, options).await
    }

    async fn of(authority: Authority, chain: &str, nginx: Nginx, sshd: Sshd, options: StewardOptions) -> Self {
        let steward = Steward::start(options).await;
        let admin = steward.admin().await;
        let server = add_server(&admin, &sshd, sshd.address(), "nginx").await;
        let (new, new_key) = authority.issue(&[SITE]);
        let certificate = steward.plant_issued(1, SITE, &new, &new_key).await;
        let (old, new) = (fingerprint(chain), fingerprint(&new));
        Self { authority, nginx, sshd, steward, admin, server, certificate, old, new }
    }

    /// The configuration of a deployment to the site.
    pub fn config(&self) -> Value {
        json!({"test": self.nginx.test(), "reload": self.nginx.reload(), "port": self.nginx.address().port()})
    }

    /// Adds a deployment to the site; its id.
    pub async fn deployment(&self, config: Value) -> i64 {
        self.deployment_at(&self.nginx.site().display().to_string(), config).await
    }

    /// Adds a deployment to a directory; its id.
    pub async fn deployment_at(&self, path: &str, config: Value) -> i64 {
        let body = json!({
            "certificate_id": self.certificate, "server_id": self.server, "deploy_path": path, "config": config,
        });
        self.admin.post("/api/deployments", body).await.expect(201)["id"].as_i64().unwrap()
    }

    /// Starts a run; its operation.
    pub async fn run(&self, deployment: i64) -> i64 {
        let reply = self.admin.post(&format!("/api/deployments/{deployment}/run"), json!({})).await.expect(202);
        reply["operation_id"].as_i64().unwrap()
    }

    /// Looks only, by a dry run; what the run says then.
    pub async fn dry_run(&self, deployment: i64) -> Value {
        let path = format!("/api/deployments/{deployment}/run");
        let started = self.admin.post(&path, json!({"dry_run": true})).await.expect(202);
        let operation = started["operation_id"].as_i64().unwrap();
        self.ended(operation).await;
        self.last_run_of(deployment, operation).await
    }

    /// Runs a deployment to its end; what the run says then.
    pub async fn run_through(&self, deployment: i64) -> Value {
        let operation = self.run(deployment).await;
        self.ended(operation).await;
        self.last_run_of(deployment, operation).await
    }

    /// The run that an operation drove.
    pub async fn last_run_of(&self, deployment: i64, operation: i64) -> Value {
        let runs = self.runs(deployment).await;
        runs.into_iter().find(|run| run["operation_id"] == operation).expect("the run of the operation")
    }

    /// The runs of a deployment, newest first.
    pub async fn runs(&self, deployment: i64) -> Vec<Value> {
        let reply = self.admin.get(&format!("/api/deployments/{deployment}/runs")).await.ok();
        reply["runs"].as_array().unwrap().clone()
    }

    /// A deployment as it is shown.
    pub async fn shown(&self, deployment: i64) -> Value {
        self.admin.get(&format!("/api/deployments/{deployment}")).await.ok()
    }

    /// Waits until an operation has ended; what it says then.
    pub async fn ended(&self, operation: i64) -> Value {
        let path = format!("/api/operations/{operation}");
        let ended = || async {
            let shown = self.admin.get(&path).await.ok();
            (shown["state"] == "succeeded" || shown["state"] == "failed").then_some(shown)
        };
        eventually(&format!("the end of operation {operation}"), ended).await
    }

    /// Somebody who visits the site all the time.
    pub fn visitor(&self) -> Visitor {
        Visitor::start(SITE, self.nginx.address(), &self.authority.root_pem())
    }

    /// The fingerprint of what the site serves.
    pub async fn served(&self) -> String {
        served(&self.steward, self.nginx.address()).await
    }

    /// Renews the certificate, as an order would; the new fingerprint.
    pub async fn renew(&self) -> String {
        let (chain, key) = self.authority.issue(&[SITE]);
        self.steward.replace_issued(self.certificate, &chain, Some(&key)).await;
        fingerprint(&chain)
    }

    /// A file of the site's directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.nginx.site().join(name)
    }

    /// What the link `current` leads to.
    pub fn current(&self) -> String {
        fs::read_link(self.file("current")).unwrap().display().to_string()
    }

    /// The versions that are kept.
    pub fn versions(&self) -> Vec<String> {
        let entries = fs::read_dir(self.file("versions")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// The SHA-256 of a chain's leaf.
pub fn fingerprint(chain: &str) -> String {
    tls::facts(chain).unwrap().fingerprint
}

/// The fingerprint of what is served at an address under the site's name.
pub async fn served(steward: &Steward, address: SocketAddr) -> String {
    let endpoint =
        Endpoint { host: SITE.into(), address: address.ip(), port: address.port(), starttls: None, key: KeyAsked::Any };
    let shown = steward.ctx.prober.handshake(&endpoint, Duration::from_secs(5)).await.unwrap();
    hex::encode(Sha256::digest(&shown.chain[0]))
}

/// Adds a server that is reached at an address, and lets Steward in; its id.
pub async fn add_server(admin: &Client, sshd: &Sshd, at: SocketAddr, kind: &str) -> i64 {
    let server = json!({"type": kind, "name": "web1", "ip_address": at.ip(), "auto_deploy": true});
    let id = admin.post("/api/servers", server).await.expect(201)["id"].as_i64().unwrap();
    let ssh = json!({"port": at.port(), "user": Sshd::user()});
    let reply = admin.put(&format!("/api/servers/{id}/ssh"), ssh).await.ok();
    sshd.authorize(reply["ssh"]["public_key"].as_str().unwrap());
    id
}

impl Steward {
    /// A certificate that was issued, with its key.
    pub async fn plant_issued(&self, owner: i64, domain: &str, chain: &str, key: &str) -> i64 {
        let row = certificate_row(owner, 1_000_000, domain, State::Issued(tls::facts(chain).unwrap()));
        let id = put_certificates(&self.ctx, vec![row]).await[0];
        self.ctx.vault.put(&Certificate::secret(CertificateId(id), 0), &SecretString::from(key)).await.unwrap();
        id
    }

    /// A renewal of a certificate that was issued; `None` keeps the key of the one before.
    pub async fn replace_issued(&self, id: i64, chain: &str, key: Option<&str>) {
        let mut row: Stored<Certificate> = entity::load(self.ctx.store.as_ref(), Key::of(id)).await.unwrap();
        let before = self.ctx.vault.get(&row.value.key_name()).await.unwrap().unwrap();
        row.value.version += 1;
        let key = key.map_or(before, SecretString::from);
        self.ctx.vault.put(&row.value.key_name(), &key).await.unwrap();
        row.value.state = State::Issued(tls::facts(chain).unwrap());
        row.save(self.ctx.store.as_ref()).await.unwrap();
    }
}
