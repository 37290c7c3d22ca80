mod accounts;
mod providers;
mod reach;

use serde_json::{Value, json};
use system_tests::steward::{Client, Reply};

/// The one item in 002's envelope.
#[track_caller]
fn one(reply: Reply) -> Value {
    let body = reply.expect(200);
    let data = &body["data"];
    assert_eq!((&body["code"], &body["message"]), (&json!(0), &json!("success")), "{body}");
    assert_eq!((&data["total"], &data["page"], &data["pageSize"]), (&json!(1), &json!(1), &json!(1)), "{body}");
    assert_eq!(data["items"].as_array().unwrap().len(), 1, "{body}");
    data["items"][0].clone()
}

/// The sentence of a refusal with this status and code of 002.
#[track_caller]
fn refusal(reply: Reply, status: u16, code: u16) -> String {
    let body = reply.expect(status);
    let message = body["message"].as_str().unwrap_or_default().to_owned();
    assert_eq!(body, json!({"code": code, "message": message, "data": null}));
    message
}

/// The accounts that a query finds: 002's `data`.
async fn accounts(client: &Client, query: &str) -> Value {
    client.get(&format!("/api/v1/acme/accounts{query}")).await.ok()["data"].clone()
}

/// The ids of a list's items.
fn ids(data: &Value) -> Vec<i64> {
    data["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}
