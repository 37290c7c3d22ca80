use std::net::SocketAddr;

use domain::certificates::{Method, State};
use domain::entity;
use domain::ids::{CertificateId, DnsCredentialId};
use domain::ports::{Key, QueueName};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::{Value, json};
use system_tests::peers::{Authority, Bind, Hostile, Manner, Nginx, Pebble, PebbleOptions, Sshd, TsigKey, WebhookSink};
use system_tests::steward::{
    Client, Steward, StewardOptions, add_server, certificate_row, eventually, mails, put_certificates,
};

use super::flows::ended;

const KEY: TsigKey =
    TsigKey { name: "bens", algorithm: "hmac-sha256", secret: "VGhpcyBpcyB0aGUga2V5IG9mIHRoZSB6b25lIQ==" };

/// One of the two.
pub struct Party {
    pub client: Client,
    pub id: i64,
    pub account: i64,
}

/// Both of them, and their peers.
pub struct Parties {
    pub steward: Steward,
    pub amy: Party,
    pub ben: Party,
    pub authority: Authority,
    pub nginx: Nginx,
    pub sshd: Sshd,
    pub sink: WebhookSink,
    pub bens_credential: i64,
    pub bens_server: i64,
    hostile: Vec<(Manner, Hostile)>,
    _pebble: Pebble,
    _bind: Bind,
}

impl Party {
    async fn join(steward: &Steward, name: &str) -> Self {
        let client = steward.user(name).await;
        let id = client.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap();
        let account = json!({"providerName": "pebble", "email": format!("{name}@example.com")});
        let made = client.post("/api/v1/acme/account/create", account).await.ok();
        let account = made["data"]["items"][0]["id"].as_i64().unwrap();
        Self { client, id, account }
    }

    /// A credential at a DNS provider at this URL.
    pub async fn credential(&self, url: &str) -> i64 {
        let fields = json!({"url": url, "api_key": "amys-key"});
        let body = json!({"name": "pdns", "provider": "pdns", "fields": fields, "zone": "amy.example"});
        let made = self.client.post("/api/dns-credentials", body.clone()).await;
        if made.status == 409 {
            // A hundred are the most; any of those there will do.
            let all = self.client.get("/api/dns-credentials").await.ok();
            return all["credentials"][0]["id"].as_i64().unwrap();
        }
        made.expect(201)["id"].as_i64().unwrap()
    }

    pub async fn order(&self, name: &str, credential: i64) -> Value {
        let body = json!({"domain": name, "issuer": "pebble", "challenge": "dns", "dns_credential_id": credential});
        self.client.post("/api/certificates", body).await.expect(201)
    }

    /// A server at this address.
    pub async fn server_at(&self, at: SocketAddr) -> i64 {
        let server = json!({"type": "other", "name": "a server", "ip_address": at.ip(), "auto_deploy": true});
        let id = self.client.post("/api/servers", server).await.expect(201)["id"].as_i64().unwrap();
        let ssh = json!({"port": at.port(), "user": "nobody"});
        self.client.put(&format!("/api/servers/{id}/ssh"), ssh).await.ok();
        id
    }

    pub async fn monitor(&self, at: SocketAddr, domain: &str, root: Option<&str>) -> i64 {
        let body = json!({"domain": domain, "port": at.port(), "ip_address": at.ip(), "root_ca_pem": root});
        self.client.post("/api/monitors", body).await.expect(201)["id"].as_i64().unwrap()
    }

    /// For what is critical only: many messages would be held, and sent as one.
    pub async fn hook(&self, url: &str) {
        let body = json!({"name": "hook", "kind": "webhook", "url": url, "min_level": "critical"});
        self.client.post("/api/channels", body).await.expect(201);
    }

    pub async fn succeeded(&self, operation: i64) {
        let ended = ended(self, operation).await;
        assert_eq!(ended["state"], "succeeded", "{ended}");
    }

    /// Begins an operation by this route, and waits for its good end.
    pub async fn succeeds(&self, path: &str) {
        let begun = self.client.post(path, json!({})).await.expect(202);
        self.succeeded(begun["operation_id"].as_i64().unwrap()).await;
    }
}

impl Parties {
    pub async fn start() -> Self {
        let bind = Bind::writable(&[("amy.example", "", &[]), ("ben.example", "", &["bens"])], &[KEY]).await;
        let dns = Some(bind.dns_addr());
        let pebble = Pebble::start(PebbleOptions { dns, ..PebbleOptions::default() }).await;
        let steward = Steward::start(StewardOptions { dns, ..StewardOptions::default() }).await;
        let provider = json!({"name": "pebble", "directoryUrl": pebble.directory_url(), "requiresEab": false,
            "rootCaPem": pebble.root_pem()});
        steward.admin().await.post("/api/v1/acme/providers/create", provider).await.ok();
        let (amy, ben) = (Party::join(&steward, "amy").await, Party::join(&steward, "ben").await);
        let authority = Authority::generate();
        let (chain, key) = authority.issue(&["www.example.com"]);
        let (nginx, sshd, sink) = (Nginx::start(&chain, &key).await, Sshd::start().await, WebhookSink::start().await);
        let fields = json!({"server": bind.dns_addr().to_string(), "key_name": KEY.name, "key": KEY.secret,
            "algorithm": KEY.algorithm});
        let body = json!({"name": "bind", "provider": "rfc2136", "fields": fields, "zone": "ben.example"});
        let bens_credential = ben.client.post("/api/dns-credentials", body).await.expect(201)["id"].as_i64().unwrap();
        let bens_server = add_server(&ben.client, &sshd, sshd.address(), "other").await;
        ben.hook(&sink.url("/bens")).await;
        let mut hostile = Vec::new();
        for manner in Manner::ALL {
            hostile.push((manner, Hostile::start(manner).await));
        }
        Self {
            steward,
            amy,
            ben,
            authority,
            nginx,
            sshd,
            sink,
            bens_credential,
            bens_server,
            hostile,
            _pebble: pebble,
            _bind: bind,
        }
    }

    pub fn hostile(&self, manner: Manner) -> SocketAddr {
        self.hostile.iter().find(|(its, _)| *its == manner).unwrap().1.address()
    }

    /// A certificate of Amy's that is to be renewed with a credential of hers.
    pub async fn plant(&self, amy: &Party, name: &str) -> i64 {
        let credential = amy.credential(&format!("http://{}", self.hostile(Manner::Silent))).await;
        self.plant_for(amy, name, credential).await
    }

    /// A certificate that is about to expire, and is renewed with this credential.
    pub async fn plant_for(&self, party: &Party, name: &str, credential: i64) -> i64 {
        let (chain, key) = self.authority.issue(&[name]);
        let mut issued = tls::facts(&chain).unwrap();
        let now = self.steward.ctx.clock.now();
        issued.valid_from = now - SignedDuration::from_hours(24 * 80);
        issued.valid_to = now + SignedDuration::from_hours(24 * 10);
        let mut row = certificate_row(party.id, party.account, name, State::Issued(issued));
        row.method = Method::Dns { dns_credential: DnsCredentialId(credential) };
        let id = put_certificates(&self.steward.ctx, vec![row]).await[0];
        let name = domain::certificates::Certificate::secret(CertificateId(id), 0);
        self.steward.ctx.vault.put(&name, &SecretString::from(key)).await.unwrap();
        id
    }

    /// A certificate and a deployment of it to a server; both ids.
    pub async fn deployment(&self, party: &Party, server: i64, name: &str) -> (i64, i64) {
        let (chain, key) = self.authority.issue(&[name]);
        let certificate = self.steward.plant_issued(party.id, name, &chain, &key).await;
        let path = self.steward.data().join(name);
        std::fs::create_dir(&path).unwrap();
        let body = json!({"certificate_id": certificate, "server_id": server, "deploy_path": path,
            "config": {"kind": "files"}});
        let made = party.client.post("/api/deployments", body).await.expect(201);
        (certificate, made["id"].as_i64().unwrap())
    }

    /// Returns when each of Amy's peers has heard of her.
    pub async fn amy_is_at_work(&self) {
        eventually("Amy's work at each of her peers", async || {
            self.hostile.iter().all(|(_, peer)| !peer.heard().is_empty()).then_some(())
        })
        .await;
        let waiting = self.steward.ctx.queue.waiting(QueueName::Issuer).await.unwrap();
        println!("{} of Amy's jobs wait for the issuer", waiting.len());
    }

    /// Neither's names, rows, secrets or messages are with the other.
    pub async fn assert_apart(&self) {
        let lists = [
            "/api/certificates",
            "/api/servers",
            "/api/deployments",
            "/api/dns-credentials",
            "/api/monitors",
            "/api/channels",
            "/api/alerts",
            "/api/v1/acme/accounts",
        ];
        for (party, others) in [(&self.amy, "ben"), (&self.ben, "amy")] {
            for list in lists {
                let shown = party.client.get(list).await.ok().to_string();
                let found = [".example", "@example"].iter().any(|end| shown.contains(&format!("{others}{end}")));
                assert!(!found, "{list} of {} has something of {others}'s: {shown}", party.id);
            }
        }
        for request in self.sink.requests() {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            assert!(!body.contains("amy.example"), "{body}");
        }
        for (manner, peer) in &self.hostile {
            let heard = peer.heard();
            assert!(!heard.contains("ben.example") && !heard.contains(KEY.secret), "{manner:?} heard {heard}");
        }
        assert!(mails(self.steward.data()).is_empty(), "somebody got a mail");
        // Amy's operations say nothing of Ben's.
        let store = self.steward.ctx.store.as_ref();
        let mut amys = 0;
        for id in 1..2000_i64 {
            let found = entity::find::<domain::operations::Operation>(store, Key::of(id)).await.unwrap();
            let Some(row) = found.map(|row| row.value) else { continue };
            let text = format!("{row:?}");
            let others = if row.owner.0 == self.amy.id { "ben.example" } else { "amy.example" };
            assert!(row.owner.0 == 1 || !text.contains(others), "{text}");
            amys += usize::from(row.owner.0 == self.amy.id);
        }
        assert!(amys > 100, "{amys} operations of Amy's are too few to say anything");
    }
}
