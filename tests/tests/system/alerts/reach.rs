use std::time::{Duration, Instant};

use serde_json::{Value, json};
use system_tests::peers::{Reaction, WebhookSink};
use system_tests::steward::{Steward, StewardOptions};

/// What a test of a channel with this URL says.
async fn refusal(steward: &Steward, url: &str) -> String {
    let admin = steward.admin().await;
    let body = json!({"name": "hook", "kind": "webhook", "url": url});
    let id = admin.post("/api/channels", body).await.expect(201)["id"].clone();
    let refused = admin.post(&format!("/api/channels/{id}/test"), Value::Null).await.expect(503);
    refused["error"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_reached_whom_the_operator_did_not_allow() {
    let steward = Steward::start(StewardOptions { public_only: true, ..StewardOptions::default() }).await;
    let sink = WebhookSink::start().await;
    let port = sink.url("").rsplit(':').next().unwrap().to_owned();
    for url in [
        sink.url("/"),
        format!("http://localhost:{port}/"),
        format!("http://[::1]:{port}/"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
    ] {
        let words = refusal(&steward, &url).await;
        assert!(words.contains("by http only networks in STEWARD_ALLOW_TARGETS are reached"), "{url}: {words}");
    }
    for url in [format!("https://127.0.0.1:{port}/"), format!("https://localhost:{port}/")] {
        let words = refusal(&steward, &url).await;
        assert!(words.contains("an address that Steward does not connect to"), "{url}: {words}");
    }
    assert!(sink.requests().is_empty());
}

/// A public address by http is refused even where others are allowed: a token would cross the internet in clear.
#[tokio::test(flavor = "multi_thread")]
async fn by_http_nothing_leaves_the_house() {
    let steward = Steward::start(StewardOptions::default()).await;
    let words = refusal(&steward, "http://1.1.1.1/hook").await;
    assert!(words.contains("by http only networks"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed() {
    let (steward, sink) = (Steward::start(StewardOptions::default()).await, WebhookSink::start().await);
    sink.next(Reaction::new(307, "").with("location", sink.url("/elsewhere")));
    let words = refusal(&steward, &sink.url("/")).await;
    assert!(words.contains("redirects are not followed"), "{words}");
    assert_eq!(sink.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_waited_for_longer_than_ten_seconds() {
    let (steward, sink) = (Steward::start(StewardOptions::default()).await, WebhookSink::start().await);
    sink.next(Reaction::new(200, "").after(Duration::from_secs(30)));
    let start = Instant::now();
    let words = refusal(&steward, &sink.url("/")).await;
    assert_eq!(words, "127.0.0.1 gave no answer within 10 s");
    assert!(start.elapsed() < Duration::from_secs(13), "{:?}", start.elapsed());
}
