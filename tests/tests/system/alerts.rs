//! Alerts: what is told, to whom, how often, and in which words.

mod backoff;
mod channels;
mod confirmed;
mod crossing;
mod digest;
mod formats;
mod killed;
mod reach;
mod secrets;
mod settings;

use std::time::Duration;

use domain::alerts::{self, Finding, Kind, Level, Observation, Subject};
use domain::ids::{MonitorId, UserId};
use serde_json::{Value, json};
use system_tests::peers::{Hooked, WebhookSink};
use system_tests::steward::{Client, Steward, eventually};

/// A monitor of the administrator's is seen like this.
async fn see(steward: &Steward, monitor: i64, level: Option<Level>) {
    let finding = level.map(|level| Finding { level, text: format!("It does not answer ({}).", level.as_str()) });
    let seen = Observation {
        owner: UserId(1),
        subject: Subject::Monitor(MonitorId(monitor)),
        name: "www.example.com",
        kind: Kind::Unreachable,
        finding,
    };
    alerts::observe(&steward.ctx, seen).await.unwrap();
}

/// A channel of the caller's that leads to a sink; its id.
async fn webhook(client: &Client, sink: &WebhookSink) -> i64 {
    let body = json!({"name": "hook", "kind": "webhook", "url": sink.url("/hook"), "secret": "s3cret-of-the-hook"});
    client.post("/api/channels", body).await.expect(201)["id"].as_i64().unwrap()
}

/// The sink's requests, once there are so many; none come after them.
async fn requests(sink: &WebhookSink, number: usize) -> Vec<Hooked> {
    eventually(&format!("{number} messages"), async || (sink.requests().len() >= number).then_some(())).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let requests = sink.requests();
    assert_eq!(requests.len(), number, "{:?}", titles(&requests));
    requests
}

fn titles(requests: &[Hooked]) -> Vec<String> {
    requests.iter().map(|request| request.json["title"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn channel(client: &Client, id: i64) -> Value {
    client.get(&format!("/api/channels/{id}")).await.ok()
}

/// The channel, once it is in this state.
async fn in_state(client: &Client, id: i64, state: &str) -> Value {
    eventually(&format!("the state {state}"), async || {
        let channel = channel(client, id).await;
        (channel["state"] == state).then_some(channel)
    })
    .await
}
