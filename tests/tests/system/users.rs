//! Users: one set of them behind 000's `/api/auth`, 003's `/api/add_user` and `/api/login`, and 004's `/api/v1/users`.

mod administration;
mod distributor;
mod email;
mod faces;
mod first_admin;
mod keys;
mod lockout;
mod secrets;
mod sessions;
mod uniqueness;

use serde_json::{Value, json};
use system_tests::steward::Client;

const PASSWORD: &str = "a good password";

/// The names of an object's fields, sorted.
fn fields(object: &Value) -> Vec<&str> {
    let mut fields: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    fields
}

fn registration(name: &str) -> Value {
    json!({"username": name, "password": PASSWORD, "email": format!("{name}@example.com")})
}

async fn id(caller: &Client) -> i64 {
    caller.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap()
}

async fn new_key(caller: &Client) -> String {
    let reply = caller.post("/api/v1/users/regenerate-key", json!({})).await.ok();
    reply["data"]["api_key"].as_str().unwrap().to_owned()
}
