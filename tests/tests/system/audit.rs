//! The audit trail: what is in it, and that nobody can change it unseen.

mod chain;
mod drills;
mod requests;
mod retention;
mod strangers;

use serde_json::Value;
use system_tests::steward::{Client, Steward, eventually};

/// The whole trail, oldest first.
pub(crate) async fn trail(admin: &Client) -> Vec<Value> {
    let (mut trail, mut before) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/api/audit?limit=100&before={before}")).await.ok();
        let entries = page["entries"].as_array().unwrap().clone();
        let Some(last) = entries.last() else { break };
        before = last["id"].as_str().unwrap().to_owned();
        trail.extend(entries);
    }
    trail.reverse();
    trail
}

/// The entries of an action, once there are so many.
pub(crate) async fn entries(admin: &Client, action: &str, number: usize) -> Vec<Value> {
    eventually(&format!("{number} entries of {action}"), async || {
        let mut entries = trail(admin).await;
        entries.retain(|entry| entry["action"] == action);
        (entries.len() >= number).then_some(entries)
    })
    .await
}

/// What `steward audit verify` finds.
async fn verdict(steward: &Steward) -> Result<u64, String> {
    let verdict = domain::audit::verify(steward.ctx.store.as_ref(), steward.ctx.vault.as_ref()).await.unwrap();
    verdict.map(|proof| proof.entries).map_err(|broken| broken.to_string())
}
