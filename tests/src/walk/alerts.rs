use std::time::Duration;

use domain::alerts::{self, Finding, Level, Observation, Subject};
use domain::ids::{CertificateId, UserId};
use domain::ports::QueueName;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Meter, Walk};
use crate::peers::WebhookSink;
use crate::steward::{link, mails};

const HIDDEN: Duration = Duration::from_secs(60);

impl<M: Meter> Walk<'_, M> {
    /// A channel of each kind that goes another way, and an alert that is told there.
    pub async fn alerts(&mut self) {
        let steward = self.steward;
        let ctx = &steward.ctx;
        // What earlier jobs had to tell: nobody had a channel then.
        while let Some(told) = ctx.queue.receive(QueueName::Notifier, 1, HIDDEN).await.unwrap().pop() {
            notifier::handle(ctx, &told.job).await.unwrap();
            ctx.queue.delete(QueueName::Notifier, &told.receipt).await.unwrap();
        }
        let sink = WebhookSink::start().await;
        let caller = steward.admin().await;
        let admin = ("administrator", &caller);
        let mail = json!({"name": "mail", "kind": "email", "address": "ops@example.com"});
        let mail = self.post(admin, "/api/channels", mail).await;
        self.job(QueueName::Notifier).await;
        let path = link(mails(steward.data()).last().unwrap(), steward.url());
        self.to(("nobody", &steward.client()), Method::GET, &path, Value::Null).await;
        let hook = json!({"name": "hook", "kind": "webhook", "url": sink.url("/hook")});
        let hook = self.post(admin, "/api/channels", hook).await;
        let path = |channel: &Value| format!("/api/channels/{}", channel["id"]);
        let route = "/api/channels/{id}";
        for channel in [&mail, &hook] {
            let (test, at) = (format!("{route}/test"), format!("{}/test", path(channel)));
            self.send(admin, Method::POST, &test, &at, Value::Null).await;
        }
        let change = json!({"name": "the hook", "url": sink.url("/hook2"), "secret": "a secret"});
        self.send(admin, Method::PUT, route, &path(&hook), change).await;
        let thresholds = json!({"info": 20, "warning": 10, "critical": 5, "last": 2});
        self.to(admin, Method::PUT, "/api/alerts/settings", thresholds).await;

        let finding = Some(Finding { level: Level::Warning, text: "It does not answer.".into() });
        let subject = Subject::Certificate(CertificateId(1));
        let seen = Observation {
            owner: UserId(1),
            subject,
            name: "www.example.com",
            kind: alerts::Kind::Unreachable,
            finding,
        };
        alerts::observe(&steward.ctx, seen).await.unwrap();
        for _ in ["notify", "deliver", "deliver"] {
            self.job(QueueName::Notifier).await;
        }
        assert_eq!(sink.requests().len(), 2, "a test and an alert");
        for channel in [&mail, &hook] {
            self.send(admin, Method::DELETE, route, &path(channel), Value::Null).await;
            self.job_named(QueueName::Issuer, "purge").await;
        }
    }
}
