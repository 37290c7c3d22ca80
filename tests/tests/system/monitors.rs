mod addresses;
mod alerts;
mod authority;
mod change;
mod check;
mod create;
mod links;
mod list;
mod local;
mod owners;
mod pairs;
mod schedule;
mod starttls;
mod statuses;
mod strange;
mod update;

use std::net::SocketAddr;

use serde_json::{Value, json};
use system_tests::steward::{Client, Steward, StewardOptions};

use authority::Authority;

/// One that does nothing by itself.
async fn idle() -> Steward {
    Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await
}

/// Makes a monitor of www.example.com at this address that trusts this authority, with more fields; its id.
async fn watch(client: &Client, at: SocketAddr, authority: &Authority, more: Value) -> i64 {
    let mut body = json!({
        "domain": "www.example.com",
        "port": at.port(),
        "ip_address": at.ip().to_string(),
        "root_ca_pem": authority.root(),
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    client.post("/api/monitors", body).await.expect(201)["id"].as_i64().unwrap()
}

/// Looks now; the answer.
async fn check(client: &Client, id: i64) -> Value {
    client.post(&format!("/api/monitors/{id}/check"), json!({})).await.ok()
}

async fn shown(client: &Client, id: i64) -> Value {
    client.get(&format!("/api/monitors/{id}")).await.ok()
}

/// The history, newest first.
async fn history(client: &Client, id: i64) -> Vec<Value> {
    let shown = client.get(&format!("/api/monitors/{id}/checks?limit=100")).await.ok();
    shown["checks"].as_array().unwrap().clone()
}
