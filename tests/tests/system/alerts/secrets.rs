use domain::alerts::Level;
use serde_json::{Value, json};
use system_tests::peers::{Port, WebhookSink};
use system_tests::steward::{Steward, StewardOptions, routes};

use super::{in_state, see};

/// URLs, tokens and secrets are in no answer, no row, and no error.
#[tokio::test(flavor = "multi_thread")]
async fn what_opens_a_channel_is_never_shown() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    let nobody = format!("http://127.0.0.1:{}", Port::claim().number());
    let mut ids = Vec::new();
    for body in [
        json!({"kind": "webhook", "url": sink.url("/HUSH-1"), "secret": "HUSH-2"}),
        json!({"kind": "slack", "url": format!("{nobody}/services/HUSH-3")}),
        json!({"kind": "telegram", "base_url": nobody, "token": "1:HUSH-4", "chat_id": "5"}),
        json!({"kind": "dingtalk", "url": format!("{nobody}/?access_token=HUSH-5"), "secret": "HUSH-6"}),
        json!({"kind": "feishu", "url": format!("{nobody}/HUSH-7"), "secret": "HUSH-8"}),
    ] {
        let mut body = body;
        body["name"] = "quiet".into();
        let made = admin.post("/api/channels", body).await.expect(201);
        assert!(!made.to_string().contains("HUSH"), "{made}");
        ids.push(made["id"].as_i64().unwrap());
    }
    see(&steward, 1, Some(Level::Critical)).await;
    for id in &ids[1..] {
        in_state(&admin, *id, "failing").await;
        let test = admin.post(&format!("/api/channels/{id}/test"), Value::Null).await;
        assert!(!test.json.to_string().contains("HUSH"), "{}", test.json);
    }
    for route in routes(&steward).await.iter().filter(|route| route.method == reqwest::Method::GET) {
        for id in &ids {
            let reply = admin.get(&route.path_with(id)).await;
            assert!(!String::from_utf8_lossy(&reply.bytes).contains("HUSH"), "{}", route.path);
        }
    }
    for table in domain::tables::ALL {
        let rows = steward.ctx.store.scan(table, None).await.unwrap();
        assert!(!format!("{rows:?}").contains("HUSH"), "{}", table.name);
    }
}
