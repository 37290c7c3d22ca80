mod automatic;
mod cleanup;
mod create;
mod delete;
mod download;
mod failed;
mod issue;
mod key_types;
mod list;
mod owners;
mod renew;
mod revoke;
mod search;
mod status;
mod update;
mod verify;
mod watch;

use system_tests::steward::{Client, Lab};

async fn total(client: &Client) -> u64 {
    client.get("/api/certificates").await.ok()["total"].as_u64().unwrap()
}

/// The id of the caller.
async fn id_of(client: &Client) -> i64 {
    client.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap()
}

/// The names of the certificates' keys in the vault.
async fn keys(lab: &Lab) -> Vec<String> {
    let names = lab.steward.ctx.vault.list("certificates/").await.unwrap();
    names.into_iter().map(|name| name.0).collect()
}
