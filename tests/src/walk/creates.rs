use domain::ports::QueueName;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Meter, Walk};
use crate::steward::{Client, Lab};

impl<M: Meter> Walk<'_, M> {
    /// Everything that can be made, by an administrator who has an account at the CA.
    pub async fn creates(&mut self, lab: &Lab) {
        let admin = ("administrator", &lab.admin);
        let user =
            |name: &str| json!({"username": name, "password": "a good password", "email": format!("{name}@a.example")});
        self.post(admin, "/api/add_user", user("bea")).await;
        self.post(admin, "/api/v1/users/register", user("bert")).await;
        let provider = json!({"name": "another", "directoryUrl": "https://ca.example.com/dir"});
        self.post(admin, "/api/v1/acme/providers/create", provider).await;

        let order = json!({"domain": "example.com", "issuer": "pebble"});
        self.post(admin, "/api/certificates", order.clone()).await;
        self.post(admin, "/api/certificates", json!({"domain": "example.com", "account_id": 1})).await;
        // The first order of somebody who has no account at the CA yet: it registers one, and makes it their default.
        let bea = lab.steward.client().login("bea", "a good password").await;
        self.post(("newcomer", &bea), "/api/certificates", order).await;

        let account = json!({"providerName": "pebble", "email": "ops@example.com"});
        let made = self.post(admin, "/api/v1/acme/account/create", account).await;
        let account = &made["data"]["items"][0];
        for change in ["disable", "enable"] {
            self.post(admin, &format!("/api/v1/acme/accounts/{change}"), json!({"id": account["id"]})).await;
        }
        for default in [&account["id"], &json!(1)] {
            let change = json!({"providerId": account["provider_id"], "accountId": default});
            self.post(admin, "/api/v1/acme/accounts/set-default", change).await;
        }
        self.post(admin, "/api/v1/acme/accounts/delete", json!({"id": account["id"]})).await;
        self.job(QueueName::Issuer).await;
    }

    /// A POST whose route has no variable.
    pub(super) async fn post(&mut self, who: (&'static str, &Client), path: &str, body: Value) -> Value {
        self.to(who, Method::POST, path, body).await
    }
}
