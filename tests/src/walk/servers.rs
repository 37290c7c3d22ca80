use std::time::Duration;

use domain::operations::Next;
use domain::ports::QueueName;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Meter, Walk};

/// The shortest delay that SQS knows.
const AT_LEAST: Duration = Duration::from_secs(1);

impl<M: Meter> Walk<'_, M> {
    /// The life of a server and of a deployment to it. Nobody answers there, so that its jobs end at the first step.
    pub async fn servers(&mut self) {
        let steward = self.steward;
        let caller = steward.admin().await;
        let admin = ("administrator", &caller);
        let new = json!({"type": "nginx", "name": "web1", "ip_address": "127.0.0.1", "auto_deploy": true});
        let server = self.post(admin, "/api/servers", new).await["id"].clone();
        let (route, path) = ("/api/servers/{id}", format!("/api/servers/{server}"));
        self.send(admin, Method::PUT, route, &path, json!({"name": "web-1"})).await;
        let below = |name: &str| (format!("{route}/{name}"), format!("{path}/{name}"));
        let (ssh, at) = below("ssh");
        for _ in 0..2 {
            self.send(admin, Method::PUT, &ssh, &at, json!({"port": 1})).await;
        }
        let given = steward.ctx.remote.new_key(&[7; 32]).unwrap();
        let given = secrecy::ExposeSecret::expose_secret(&given.private).to_owned();
        self.send(admin, Method::PUT, &ssh, &at, json!({"private_key": given})).await;
        self.job(QueueName::Issuer).await;
        steward.plant_refused_host_key(server.as_i64().unwrap()).await;
        let (host_key, at) = below("ssh/host-key");
        self.send(admin, Method::POST, &host_key, &at, json!({"fingerprint": "SHA256:new"})).await;
        self.job(QueueName::Auditor).await;
        let (test, at) = below("ssh/test");
        self.send(admin, Method::POST, &test, &at, Value::Null).await;
        self.job(QueueName::Deployer).await;

        let certificate = steward.plant_certificate(1, "www.example.com").await;
        let other = steward.plant_certificate(1, "www.example.org").await;
        let new = json!({"certificate_id": certificate, "server_id": server, "deploy_path": "/etc/ssl/www"});
        let deployment = self.post(admin, "/api/deployments", new).await["id"].clone();
        let (of, at) = ("/api/deployments/{id}", format!("/api/deployments/{deployment}"));
        let change = json!({"certificate_id": other, "deploy_path": "/etc/ssl/other"});
        self.send(admin, Method::PUT, of, &at, change).await;
        for dry_run in [true, false] {
            let (run, at) = (format!("{of}/run"), format!("{at}/run"));
            self.send(admin, Method::POST, &run, &at, json!({"dry_run": dry_run})).await;
            while let Next::Again(pause) = self.job(QueueName::Deployer).await {
                tokio::time::sleep(pause.max(AT_LEAST)).await;
                steward.clock.advance(Duration::from_secs(180));
            }
        }
        self.send(admin, Method::GET, &format!("{of}/runs"), &format!("{at}/runs"), Value::Null).await;
        self.send(admin, Method::GET, of, &at, Value::Null).await;
        self.send(admin, Method::DELETE, of, &at, Value::Null).await;
        self.send(admin, Method::GET, route, &path, Value::Null).await;
        self.send(admin, Method::DELETE, route, &path, Value::Null).await;
        self.job(QueueName::Issuer).await;
    }
}
