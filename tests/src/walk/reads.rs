use reqwest::Method;
use serde_json::{Value, json};

use super::{Meter, Walk};
use crate::steward::{Client, Steward, routes};

impl<M: Meter> Walk<'_, M> {
    /// Every GET of one who is known: as a user, with an API key, and as an administrator.
    pub async fn reads(&mut self) {
        let steward = self.steward;
        let Planted { user, id, certificate, operation, monitor, server, deployment, channel } = planted(steward).await;
        let credential = steward.plant_dns_credential(id).await;
        let admin = steward.admin().await;
        let key = user.post("/api/v1/users/regenerate-key", json!({})).await.ok();
        let by_key = steward.client().with_key(key["data"]["api_key"].as_str().unwrap());
        for (by, caller) in [("user", &user), ("API key", &by_key), ("administrator", &admin)] {
            for route in routes(steward).await {
                let public = route.operation["security"] == json!([{}]);
                let for_admins = matches!(route.path.as_str(), "/api/v1/users" | "/api/audit");
                // The download needs a certificate that was issued.
                let later = route.path.ends_with("/download");
                if route.method != Method::GET || public || later || (for_admins && by != "administrator") {
                    continue;
                }
                let of = match route.path.split('/').nth(2).unwrap() {
                    "certificates" => certificate,
                    "operations" => operation,
                    "channels" => channel,
                    "dns-credentials" => credential,
                    "monitors" => monitor,
                    "servers" => server,
                    "deployments" => deployment,
                    _ => id,
                };
                let mut paths = vec![route.path_with(of)];
                let has = |name: &str| route.parameters().iter().any(|(parameter, _)| parameter == name);
                paths.extend(has("page").then(|| format!("{}?page=2", route.path)));
                paths.extend(has("search").then(|| format!("{}?search=example&page=2", route.path)));
                if has("user_id") && by == "administrator" {
                    paths.push(format!("{}?user_id={id}", route.path));
                }
                for path in paths {
                    self.send((by, caller), Method::GET, &route.path, &path, Value::Null).await;
                }
            }
        }
        self.to(("nobody", &steward.client()), Method::GET, "/api/health", Value::Null).await;
    }

    /// What a distributor reads of their users'.
    pub async fn distributor(&mut self) {
        let (steward, get) = (self.steward, Method::GET);
        let distributor = steward.user("dora").await;
        let id = id_of(&distributor).await;
        steward.admin().await.put(&format!("/api/v1/users/{id}"), json!({"role": "distributor"})).await.ok();
        let theirs = json!({"username": "theo", "password": "a good password", "email": "theo@a.example"});
        distributor.post("/api/add_user", theirs).await.ok();
        let who = ("distributor", &distributor);
        let theirs = id_of(&steward.client().login("theo", "a good password").await).await;
        let certificate = steward.plant_certificate(theirs, "example.com").await;
        self.send(who, get.clone(), "/api/v1/users/{id}", &format!("/api/v1/users/{theirs}"), Value::Null).await;
        let path = format!("/api/certificates/{certificate}");
        self.send(who, get.clone(), "/api/certificates/{id}", &path, Value::Null).await;
        for path in ["/api/certificates", "/api/v1/acme/accounts"] {
            self.to(who, get.clone(), &format!("{path}?user_id={theirs}"), Value::Null).await;
        }
        self.to(who, get, "/api/certificates", Value::Null).await;
    }
}

/// A user who has something of each kind, and an id of each.
struct Planted {
    user: Client,
    id: i64,
    certificate: i64,
    operation: i64,
    monitor: i64,
    channel: i64,
    server: i64,
    deployment: i64,
}

/// A user with certificates, accounts, servers, deployments and an operation.
async fn planted(steward: &Steward) -> Planted {
    let user = steward.user("anna").await;
    let id = id_of(&user).await;
    for n in 0..30 {
        steward.plant_certificate(id, &format!("n{n}.example.com")).await;
        steward.plant_account(id).await;
    }
    let certificate = steward.plant_certificate(id, "example.com").await;
    let (operation, monitor) = (steward.plant_operation(id).await, steward.plant_monitor(id).await);
    let (server, deployment) = steward.plant_deployment(&user, certificate).await;
    let channel = steward.plant_channel(&user).await;
    Planted { user, id, certificate, operation, monitor, server, deployment, channel }
}

async fn id_of(client: &Client) -> i64 {
    client.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap()
}
