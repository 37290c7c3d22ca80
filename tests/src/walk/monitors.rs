use domain::ports::QueueName;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Meter, Walk};
use crate::steward::{Lab, next_check};

impl<M: Meter> Walk<'_, M> {
    /// The life of a monitor of a server where nobody answers.
    pub async fn monitors(&mut self, lab: &Lab) {
        let admin = ("administrator", &lab.admin);
        let new = json!({"domain": "www.example.com", "ip_address": "127.0.0.1", "port": 1});
        let made = self.post(admin, "/api/monitors", new).await;
        let (route, path) = ("/api/monitors/{id}", format!("/api/monitors/{}", made["id"]));
        let id = made["id"].as_i64().unwrap();
        let (monitor, due) = (domain::ids::MonitorId(id), next_check(&self.steward.ctx, id).await);
        let job = domain::jobs::Job::Check { monitor, due };
        self.steward.ctx.queue.send(QueueName::Prober, &job, std::time::Duration::ZERO).await.unwrap();
        self.job(QueueName::Prober).await;
        let (check, at) = (format!("{route}/check"), format!("{path}/check"));
        self.send(admin, Method::POST, &check, &at, Value::Null).await;
        self.send(admin, Method::GET, &format!("{route}/checks"), &format!("{path}/checks"), Value::Null).await;
        self.send(admin, Method::PUT, route, &path, json!({"note": "the shop", "is_active": false})).await;
        self.send(admin, Method::DELETE, route, &path, Value::Null).await;
    }
}
