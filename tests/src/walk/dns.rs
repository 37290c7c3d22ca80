use std::time::Duration;

use domain::http_challenges::{self, Audience};
use domain::ids::OperationId;
use domain::jobs::Job;
use domain::operations::Next;
use domain::ports::QueueName;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Meter, Walk};
use crate::peers::{Bind, TsigKey};

/// The key of the walk's name server.
const KEY: TsigKey =
    TsigKey { name: "steward", algorithm: "hmac-sha256", secret: "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" };

impl<M: Meter> Walk<'_, M> {
    /// The life of a DNS credential, the delegation zone, a challenge by HTTP, and a look before an order.
    pub async fn dns(&mut self) {
        let steward = self.steward;
        let bind = Bind::writable(&[("walk.example", "", &["steward"])], &[KEY]).await;
        let caller = steward.admin().await;
        let admin = ("administrator", &caller);
        let fields = json!({"server": bind.dns_addr().to_string(), "key_name": KEY.name, "key": KEY.secret});
        let new = json!({"name": "ours", "provider": "rfc2136", "fields": fields, "zone": "walk.example"});
        let made = self.post(admin, "/api/dns-credentials", new).await;
        let (route, path) = ("/api/dns-credentials/{id}", format!("/api/dns-credentials/{}", made["id"]));
        self.send(admin, Method::GET, route, &path, Value::Null).await;
        self.send(admin, Method::PUT, route, &path, json!({"fields": {"key": KEY.secret}})).await;
        self.send(admin, Method::POST, &format!("{route}/test"), &format!("{path}/test"), json!({})).await;
        // It is looked for where the rest of the walk looks, which does not know of it: once is enough.
        while let Next::Again(pause) = self.job(QueueName::Issuer).await {
            steward.clock.advance(Duration::from_secs(200));
            tokio::time::sleep(pause.min(Duration::from_secs(1))).await;
            steward.ctx.queue.ready(QueueName::Issuer).await;
        }
        self.job(QueueName::Issuer).await;

        let zone = json!({"dns_credential_id": made["id"], "zone": "acme.walk.example"});
        self.to(admin, Method::PUT, "/api/delegation", zone).await;
        self.to(admin, Method::GET, "/api/delegation?domain=www.example.com", Value::Null).await;
        self.to(admin, Method::DELETE, "/api/delegation", Value::Null).await;
        self.send(admin, Method::DELETE, route, &path, Value::Null).await;
        self.job(QueueName::Issuer).await;

        http_challenges::publish(&steward.ctx, OperationId(1), Audience::Everybody, "token", "token.thumbprint")
            .await
            .unwrap();
        let (route, path) = ("/.well-known/acme-challenge/{token}", "/.well-known/acme-challenge/token");
        self.send(("nobody", &steward.client()), Method::GET, route, path, Value::Null).await;
        http_challenges::remove(&steward.ctx, OperationId(1)).await.unwrap();

        let order = json!({"domain": "example.com", "issuer": "letsencrypt"});
        self.post(admin, "/api/certificates/preflight", order).await;
        steward.ctx.queue.send(QueueName::Issuer, &Job::Repair, Duration::ZERO).await.unwrap();
        self.job(QueueName::Issuer).await;
        // Which has the trail looked at.
        self.job(QueueName::Auditor).await;
    }
}
