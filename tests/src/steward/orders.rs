use serde_json::{Value, json};

use super::{Client, Steward, StewardOptions, eventually};
use crate::peers::{Pebble, PebbleOptions};

/// A Steward beside a Pebble that is one of its providers, under the name `pebble`.
#[derive(Debug)]
pub struct Lab {
    /// The CA.
    pub pebble: Pebble,
    /// Steward.
    pub steward: Steward,
    /// Its administrator.
    pub admin: Client,
}

impl Lab {
    /// Starts both; the administrator has an account at the CA, unless it demands an external account binding.
    pub async fn start(options: PebbleOptions) -> Self {
        let eab = options.eab;
        let lab = Self::bare(options).await;
        if !eab {
            lab.account(&lab.admin, "ops@example.com").await;
        }
        lab
    }

    /// Starts both as [`Lab::start`] does, and no worker.
    pub async fn idle(options: PebbleOptions) -> Self {
        let pebble = Pebble::start(options).await;
        let directory = pebble.directory_url();
        Self::beside(pebble, &directory, StewardOptions { idle: true, ..StewardOptions::default() }).await
    }

    /// Starts a Steward that reaches this Pebble by this directory URL; the administrator has an account there.
    pub async fn beside(pebble: Pebble, directory: &str, options: StewardOptions) -> Self {
        let lab = Self::without_provider(pebble, options).await;
        lab.provider_at("pebble", directory, false).await;
        lab.account(&lab.admin, "ops@example.com").await;
        lab
    }

    /// Starts both; nobody has an account.
    pub async fn bare(options: PebbleOptions) -> Self {
        let eab = options.eab;
        let pebble = Pebble::start(options).await;
        let lab = Self::without_provider(pebble, StewardOptions::default()).await;
        lab.provider("pebble", eab).await;
        lab
    }

    async fn without_provider(pebble: Pebble, options: StewardOptions) -> Self {
        let dns = options.dns.or(Some(pebble.challtestsrv().dns_addr()));
        let steward = Steward::start(StewardOptions { dns, ..options }).await;
        let admin = steward.admin().await;
        Self { pebble, steward, admin }
    }

    /// Adds the CA as a provider of this name; its id.
    pub async fn provider(&self, name: &str, eab: bool) -> i64 {
        self.provider_at(name, &self.pebble.directory_url(), eab).await
    }

    async fn provider_at(&self, name: &str, directory: &str, eab: bool) -> i64 {
        let provider = json!({
            "name": name,
            "directoryUrl": directory,
            "requiresEab": eab,
            "rootCaPem": self.pebble.root_pem(),
        });
        let reply = self.admin.post("/api/v1/acme/providers/create", provider).await.ok();
        reply["data"]["items"][0]["id"].as_i64().unwrap()
    }

    /// Registers an account at the CA; its id.
    pub async fn account(&self, client: &Client, email: &str) -> i64 {
        let account = json!({"providerName": "pebble", "email": email});
        let reply = client.post("/api/v1/acme/account/create", account).await.ok();
        reply["data"]["items"][0]["id"].as_i64().unwrap()
    }

    /// Orders a certificate for these names; the answer.
    pub async fn order(&self, names: &[&str]) -> Value {
        self.order_with(json!({"domain": names[0], "issuer": "pebble", "alt_domains": names[1..]})).await
    }

    /// Orders a certificate; the answer.
    pub async fn order_with(&self, body: Value) -> Value {
        self.admin.post("/api/certificates", body).await.expect(201)
    }

    /// Makes the records an order asked for.
    pub async fn make_records(&self, ordered: &Value) {
        for record in ordered["verification_records"].as_array().unwrap() {
            let host = format!("{}.", record["host"].as_str().unwrap());
            self.pebble.challtestsrv().set_txt(&host, record["value"].as_str().unwrap()).await;
        }
    }

    /// Asks to verify; the operation's id.
    pub async fn verify(&self, certificate: i64) -> i64 {
        let reply = self.admin.post(&format!("/api/certificates/{certificate}/verify"), json!({})).await.ok();
        assert_eq!(reply["success"], true, "{reply}");
        reply["operation_id"].as_i64().unwrap()
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

    /// Orders, makes the records, verifies and waits: the id of an issued certificate.
    pub async fn issue(&self, names: &[&str]) -> i64 {
        let ordered = self.order(names).await;
        self.finish(&ordered).await
    }

    /// Makes the records of an order, verifies and waits: the id of an issued certificate.
    pub async fn finish(&self, ordered: &Value) -> i64 {
        let id = ordered["id"].as_i64().unwrap();
        self.make_records(ordered).await;
        let operation = self.verify(id).await;
        let ended = self.ended(operation).await;
        assert_eq!(ended["state"], "succeeded", "{ended}");
        id
    }
}
