use domain::acme::{Account, AccountStatus};
use domain::certificates::State;
use domain::dns_credentials::{self, NewDnsCredential};
use domain::entity::{self, Entity, Stored};
use domain::ids::{AccountId, OperationId, ProviderId, UserId};
use domain::monitors::{self, NewMonitor};
use domain::names::Email;
use domain::operations::{Operation, Progress, Work};
use domain::ports::{Directory, HostKey, Key};
use domain::servers::Server;
use domain::{counter, operations};

use serde_json::json;

use super::{Client, Steward, certificate_row, issued_until, put_certificates};

/// Rows put into the store by hand, for tests that need something to refuse and no CA.
impl Steward {
    /// An order that waits for its records.
    pub async fn plant_certificate(&self, owner: i64, domain: &str) -> i64 {
        self.plant(owner, domain, State::Unissued).await
    }

    /// A certificate that was valid until a day ago.
    pub async fn plant_expired_certificate(&self, owner: i64, domain: &str) -> i64 {
        self.plant(owner, domain, issued_until(-1)).await
    }

    async fn plant(&self, owner: i64, domain: &str, state: State) -> i64 {
        put_certificates(&self.ctx, vec![certificate_row(owner, 1_000_000, domain, state)]).await[0]
    }

    /// A server of a caller's, with a deployment of their certificate to it; the ids of both.
    pub async fn plant_deployment(&self, owner: &Client, certificate: i64) -> (i64, i64) {
        let id = |made: serde_json::Value| made["id"].as_i64().unwrap();
        let server = json!({"type": "nginx", "name": "web1", "ip_address": "192.0.2.10"});
        let server = id(owner.post("/api/servers", server).await.expect(201));
        let path = format!("/etc/ssl/{certificate}");
        let deployment = json!({"certificate_id": certificate, "server_id": server, "deploy_path": path});
        (server, id(owner.post("/api/deployments", deployment).await.expect(201)))
    }

    /// A host key that a server has shown instead of the one it must show.
    pub async fn plant_refused_host_key(&self, server: i64) {
        let store = self.ctx.store.as_ref();
        let mut row: Stored<Server> = entity::load(store, Key::of(server)).await.unwrap();
        let key = |name: &str| Some(HostKey { algorithm: "ssh-ed25519".into(), fingerprint: format!("SHA256:{name}") });
        if let Some(ssh) = &mut row.value.ssh {
            (ssh.host_key, ssh.refused) = (key("old"), key("new"));
        }
        row.save(store).await.unwrap();
    }

    /// An active account at Let's Encrypt that is not the default one.
    pub async fn plant_account(&self, owner: i64) -> i64 {
        let id = counter::next_id(self.ctx.store.as_ref(), "acme-account").await.unwrap();
        let now = self.ctx.clock.now();
        let account = Account {
            id: AccountId(id),
            owner: UserId(owner),
            provider: ProviderId(1),
            provider_name: "letsencrypt".into(),
            directory: Directory { url: "https://127.0.0.1:1/dir".into(), root_ca_pem: None },
            email: Email::parse("email", "ops@example.com").unwrap(),
            status: AccountStatus::Active,
            waits: Vec::new(),
            is_default: false,
            account_url: "https://127.0.0.1:1/account".into(),
            created_at: now,
            updated_at: now,
        };
        self.keep(&account).await;
        id
    }

    /// A channel of a user's, that leads nowhere.
    pub async fn plant_channel(&self, owner: &Client) -> i64 {
        let body = json!({"name": "nowhere", "kind": "webhook", "url": "https://127.0.0.1:1/hook"});
        owner.post("/api/channels", body).await.ok()["id"].as_i64().unwrap()
    }

    /// A credential at a name server that nobody runs.
    pub async fn plant_dns_credential(&self, owner: i64) -> i64 {
        let fields = [("server", "192.0.2.53"), ("key_name", "steward"), ("key", "c2VjcmV0c2VjcmV0c2VjcmV0")];
        let new = NewDnsCredential {
            name: "nobody's".into(),
            provider: "rfc2136".into(),
            fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned().into())).into(),
            zone: Some("example.com".into()),
        };
        dns_credentials::create(&self.ctx, UserId(owner), new).await.unwrap().value.id.0
    }

    /// A monitor that is switched off.
    pub async fn plant_monitor(&self, owner: i64) -> i64 {
        let new = NewMonitor { domain: "www.example.com".into(), ..NewMonitor::default() };
        monitors::create(&self.ctx, UserId(owner), new).await.unwrap().value.id.0
    }

    /// An operation that has ended.
    pub async fn plant_operation(&self, owner: i64) -> i64 {
        let id: OperationId = operations::next_id(self.ctx.store.as_ref()).await.unwrap();
        let work = Work::Purge { secrets: Vec::new() };
        let mut operation = Operation::new(id, UserId(owner), work, &["purge"], self.ctx.clock.now());
        operation.state = Progress::Succeeded;
        self.keep(&operation).await;
        id.0
    }

    /// An operation that has work to do, and no job.
    pub async fn plant_open_operation(&self, owner: i64) -> i64 {
        let id: OperationId = operations::next_id(self.ctx.store.as_ref()).await.unwrap();
        let work = Work::Purge { secrets: Vec::new() };
        let hour_ago = self.ctx.clock.now() - jiff::SignedDuration::from_hours(1);
        self.keep(&Operation::new(id, UserId(owner), work, &["purge"], hour_ago)).await;
        id.0
    }

    async fn keep<T: Entity>(&self, row: &T) {
        self.ctx.store.write(entity::insert(row).unwrap()).await.unwrap();
    }
}
