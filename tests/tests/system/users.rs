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

/// A new key for somebody who has just logged in.
async fn new_key(caller: &Client) -> String {
    key(caller, json!({})).await
}

/// A new key for somebody who gives their password.
async fn confirmed_key(caller: &Client, password: &str) -> String {
    key(caller, json!({"current_password": password})).await
}

async fn key(caller: &Client, confirmation: Value) -> String {
    let reply = caller.post("/api/v1/users/regenerate-key", confirmation).await.ok();
    reply["data"]["api_key"].as_str().unwrap().to_owned()
}
