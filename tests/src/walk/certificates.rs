use std::time::Duration;

use domain::jobs::Job;
use domain::operations::Next;
use domain::ports::QueueName;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Meter, Walk};
use crate::steward::Lab;

/// Longer than Pebble takes for anything, so that a job comes as often each time.
const AT_LEAST: Duration = Duration::from_millis(2500);

impl<M: Meter> Walk<'_, M> {
    /// The life of a certificate for a domain and its wildcard, from verified to deleted.
    pub async fn certificates(&mut self, lab: &Lab) {
        let admin = ("administrator", &lab.admin);
        let ordered = lab.order(&["shop.example.com", "*.shop.example.com"]).await;
        lab.make_records(&ordered).await;
        let (route, path) = ("/api/certificates/{id}", format!("/api/certificates/{}", ordered["id"]));
        let below = |name: &str| (format!("{route}/{name}"), format!("{path}/{name}"));

        let (verify, at) = below("verify");
        let verified = self.send(admin, Method::POST, &verify, &at, Value::Null).await;
        assert_eq!(verified["success"], true, "{verified}");
        while let Next::Again(pause) = self.job(QueueName::Issuer).await {
            tokio::time::sleep(pause.max(AT_LEAST)).await;
        }
        for format in ["pem", "fullchain", "key", "der", "pfx&password=protects"] {
            let (download, at) = below("download");
            self.send(admin, Method::GET, &download, &format!("{at}?format={format}"), Value::Null).await;
        }
        self.send(admin, Method::GET, route, &path, Value::Null).await;
        self.send(admin, Method::PUT, route, &path, json!({"note": "the shop"})).await;
        // Within an hour of its issue it would be refused.
        lab.steward.clock.advance(Duration::from_secs(2 * 60 * 60));
        let (renew, at) = below("renew");
        let ordered = self.send(admin, Method::POST, &renew, &at, Value::Null).await;
        lab.make_records(&ordered).await;
        let (verify, at) = below("verify");
        self.send(admin, Method::POST, &verify, &at, Value::Null).await;
        while let Next::Again(pause) = self.job(QueueName::Issuer).await {
            tokio::time::sleep(pause.max(AT_LEAST)).await;
        }
        self.job(QueueName::Deployer).await;
        let (revoke, at) = below("revoke");
        self.send(admin, Method::POST, &revoke, &at, Value::Null).await;
        self.send(admin, Method::DELETE, route, &path, Value::Null).await;
        self.job(QueueName::Issuer).await;
        lab.steward.plant_expired_certificate(1, "old.example.com").await;
        self.post(admin, "/api/certificates/cleanup", Value::Null).await;
        self.job(QueueName::Issuer).await;
    }

    /// The sweep, when nothing was lost.
    pub async fn sweep(&mut self) {
        let ctx = &self.steward.ctx;
        ctx.queue.send(QueueName::Issuer, &Job::Sweep, Duration::ZERO).await.unwrap();
        self.job_named(QueueName::Issuer, "sweep").await;
    }
}
