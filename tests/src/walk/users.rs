use domain::ports::QueueName;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Meter, Walk};
use crate::steward::{ADMIN_PASSWORD, link, mails};

impl<M: Meter> Walk<'_, M> {
    /// What users do with themselves, and an administrator with them.
    pub async fn users(&mut self) {
        let steward = self.steward;
        let (caller, nobody) = (steward.admin().await, steward.client());
        let (admin, nobody) = (("administrator", &caller), ("nobody", &nobody));
        let login = json!({"username": "admin", "password": ADMIN_PASSWORD});
        for path in ["/api/auth/login", "/api/login", "/api/v1/users/login"] {
            self.post(nobody, path, login.clone()).await;
        }
        let caro = steward.user("caro").await;
        let profile = caro.get("/api/v1/users/profile").await.ok();
        self.post(nobody, "/api/send_verification_email", json!({"email": "caro@example.com"})).await;
        self.job_named(QueueName::Notifier, "verify_email").await;
        let path = link(mails(steward.data()).last().unwrap(), steward.url());
        self.to(nobody, Method::GET, &path, Value::Null).await;
        let change = json!({"email": "carola@example.com", "current_password": "a good password"});
        self.to(("user", &caro), Method::PUT, "/api/v1/users/profile", change).await;

        let (route, path) = ("/api/v1/users/{id}", format!("/api/v1/users/{}", profile["data"]["id"]));
        self.send(admin, Method::PUT, route, &path, json!({"role": "distributor"})).await;
        for change in ["suspend", "reactivate"] {
            let (route, path) = (format!("{route}/{change}"), format!("{path}/{change}"));
            self.send(admin, Method::POST, &route, &path, Value::Null).await;
        }
        self.send(admin, Method::DELETE, route, &path, Value::Null).await;
        self.post(admin, "/api/audit/purge", json!({"before": "2020-01-01T00:00:00Z"})).await;
        for path in ["/api/auth/refresh", "/api/v1/users/regenerate-key", "/api/auth/logout"] {
            self.post(admin, path, Value::Null).await;
        }
    }
}
