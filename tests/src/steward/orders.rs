use std::time::Duration;

use serde_json::{Value, json};

use super::{Client, Steward, StewardOptions};
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
    /// Starts both.
    pub async fn start(options: PebbleOptions) -> Self {
        let eab = options.eab;
        let pebble = Pebble::start(options).await;
        let directory = pebble.directory_url();
        Self::beside(pebble, &directory, eab, StewardOptions::default()).await
    }

    /// Starts both, and no worker.
    pub async fn idle(options: PebbleOptions) -> Self {
        let pebble = Pebble::start(options).await;
        let directory = pebble.directory_url();
        Self::beside(pebble, &directory, false, StewardOptions { idle: true, ..StewardOptions::default() }).await
    }

    /// Starts a Steward that reaches a Pebble by this directory URL.
    pub async fn beside(pebble: Pebble, directory: &str, eab: bool, options: StewardOptions) -> Self {
        let dns = options.dns.or(Some(pebble.challtestsrv().dns_addr()));
        let steward = Steward::start(StewardOptions { dns, ..options }).await;
        let admin = steward.admin().await;
        let provider = json!({
            "name": "pebble",
            "directoryUrl": directory,
            "requiresEab": eab,
            "rootCaPem": pebble.root_pem(),
        });
        admin.post("/api/v1/acme/providers/create", provider).await.ok();
        let account = json!({"providerName": "pebble", "email": "ops@example.com"});
        if !eab {
            admin.post("/api/v1/acme/account/create", account).await.ok();
        }
        Self { pebble, steward, admin }
    }

    /// Orders a certificate for these names; the answer.
    pub async fn order(&self, names: &[&str]) -> Value {
        let body = json!({"domain": names[0], "issuer": "pebble", "alt_domains": names[1..]});
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
        for _ in 0..1200 {
            let shown = self.admin.get(&format!("/api/operations/{operation}")).await.ok();
            if shown["state"] == "succeeded" || shown["state"] == "failed" {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("operation {operation} has not ended after a minute");
    }

    /// Orders, makes the records, verifies and waits: the id of an issued certificate.
    pub async fn issue(&self, names: &[&str]) -> i64 {
        let ordered = self.order(names).await;
        let id = ordered["id"].as_i64().unwrap();
        self.make_records(&ordered).await;
        let operation = self.verify(id).await;
        let ended = self.ended(operation).await;
        assert_eq!(ended["state"], "succeeded", "{ended}");
        id
    }
}
