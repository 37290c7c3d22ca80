use domain::alerts::Level;
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{Reaction, SmtpSink, SmtpSinkOptions, WebhookSink};
use system_tests::steward::{Steward, StewardOptions, eventually, link, mails, open_newest_link};

use super::{channel, in_state, requests, see, webhook};

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_made_changed_tested_and_deleted() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    let body = json!({"name": "the night shift", "kind": "webhook", "url": sink.url("/a"), "min_level": "warning"});
    let made = admin.post("/api/channels", body).await.expect(201);
    let id = made["id"].as_i64().unwrap();
    assert_eq!(made["secret"].as_str().unwrap().len(), 64, "{made}");
    assert_eq!((&made["target"], &made["state"]), (&json!("127.0.0.1"), &json!("ok")));
    assert_eq!(admin.get("/api/channels").await.ok()["channels"].as_array().unwrap().len(), 1);

    let test = format!("/api/channels/{id}/test");
    admin.post(&test, Value::Null).await.expect(200);
    assert_eq!(requests(&sink, 1).await[0].json["alerts"], json!([]));
    sink.next(Reaction::new(500, "the disk is full"));
    let refused = admin.post(&test, Value::Null).await.expect(503);
    assert_eq!(refused["error"], "127.0.0.1 answered 500 Internal Server Error");
    for _ in 0..3 {
        admin.post(&test, Value::Null).await.expect(200);
    }
    admin.post(&test, Value::Null).await.expect(429);

    let path = format!("/api/channels/{id}");
    let changed = admin.put(&path, json!({"name": "the day shift", "enabled": false})).await.ok();
    assert_eq!((&changed["name"], &changed["enabled"]), (&json!("the day shift"), &json!(false)));
    see(&steward, 1, Some(Level::Critical)).await;
    requests(&sink, 5).await;

    admin.delete(&path).await.ok();
    admin.get(&path).await.expect(404);
    eventually("the secret to go", async || {
        steward.ctx.vault.list("channels/").await.unwrap().is_empty().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_alerts_of_its_level_are_told_there() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    let id = webhook(&admin, &sink).await;
    admin.put(&format!("/api/channels/{id}"), json!({"min_level": "critical"})).await.ok();
    see(&steward, 1, Some(Level::Warning)).await;
    see(&steward, 1, None).await;
    see(&steward, 2, Some(Level::Warning)).await;
    see(&steward, 2, Some(Level::Critical)).await;
    see(&steward, 2, None).await;
    let told = requests(&sink, 2).await;
    assert_eq!(told[0].json["alerts"][0]["event"], "raised");
    assert_eq!(told[1].json["alerts"][0]["event"], "recovered");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_channel_is_refused() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    for (body, words) in [
        (json!({"name": "x", "kind": "pigeon"}), "kind: must be one of email, webhook"),
        (json!({"name": "", "kind": "slack", "url": "https://a.example"}), "name: must be 1 to 100 characters"),
        (json!({"name": "x", "kind": "slack"}), "url: is needed"),
        (json!({"name": "x", "kind": "slack", "url": "ftp://a.example"}), "url: must be a URL"),
        (json!({"name": "x", "kind": "slack", "url": "https://u:p@a.example"}), "url: must be a URL"),
        (json!({"name": "x", "kind": "email", "address": "nobody"}), "address: must be an e-mail address"),
        (json!({"name": "x", "kind": "telegram", "token": "1:a", "chat_id": "x"}), "chat_id: must be the id of a chat"),
        (json!({"name": "x", "kind": "telegram", "token": "1:a"}), "chat_id: is needed for this kind of channel"),
        (json!({"name": "x", "kind": "telegram", "token": "1:a", "chat_id": 1.5}), "chat_id: must be the id of a chat"),
        (
            json!({"name": "x", "kind": "telegram", "token": "1:a", "chat_id": 1e30}),
            "chat_id: must be the id of a chat",
        ),
        (json!({"name": "x", "kind": "telegram", "token": "1/../x", "chat_id": "1"}), "token: must be the token"),
        (
            json!({"name": "x", "kind": "slack", "url": "https://a.example", "min_level": "loud"}),
            "min_level: must be one of info",
        ),
    ] {
        let refused = admin.post("/api/channels", body.clone()).await.expect(400);
        assert!(refused["error"].as_str().unwrap().starts_with(words), "{body}: {refused}");
    }
    assert!(steward.ctx.vault.list("channels/").await.unwrap().is_empty());
    for n in 0..20 {
        admin
            .post("/api/channels", json!({"name": n.to_string(), "kind": "email", "address": "a@example.com"}))
            .await
            .ok();
    }
    let one_more = json!({"name": "x", "kind": "slack", "url": "https://a.example"});
    admin.post("/api/channels", one_more).await.expect(409);
    assert!(steward.ctx.vault.list("channels/").await.unwrap().is_empty(), "what was not made keeps no secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_come_by_mail() {
    need!("aiosmtpd");
    let smtp = SmtpSink::start(SmtpSinkOptions::default()).await;
    let url = format!("--smtp-url=smtp://{}?from=steward@example.com&tls=none", smtp.addr());
    let steward = Steward::start(StewardOptions { arguments: vec![url], ..StewardOptions::default() }).await;
    let admin = steward.admin().await;
    let mail = json!({"name": "mail", "kind": "email", "address": "ops@shop.example"});
    let id = admin.post("/api/channels", mail).await.expect(201)["id"].as_i64().unwrap();
    let asked = eventually("a question", async || smtp.messages().into_iter().next()).await;
    steward.client().get(&link(&asked.data, steward.url())).await.ok();
    see(&steward, 1, Some(Level::Critical)).await;
    let sent = eventually("a mail", async || smtp.messages().into_iter().nth(1)).await;
    assert_eq!(sent.to, ["ops@shop.example"]);
    assert!(sent.data.contains("Subject: [critical] www.example.com: does not answer"), "{}", sent.data);
    assert!(sent.data.contains("Name: www.example.com (monitor 1)"), "{}", sent.data);
    assert_eq!(channel(&admin, id).await["target"], "ops@shop.example");
}

/// Two channels, one of which fails: the other is told in time.
#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_fails_holds_no_other_up() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, good, bad) = (steward.admin().await, WebhookSink::start().await, WebhookSink::start().await);
    bad.always(Reaction::new(500, "no"));
    let (failing, _) = (webhook(&admin, &bad).await, webhook(&admin, &good).await);
    let mail = json!({"name": "mail", "kind": "email", "address": "ops@shop.example"});
    admin.post("/api/channels", mail).await.ok();
    eventually("a question", async || (mails(steward.data()).len() == 1).then_some(())).await;
    open_newest_link(&steward).await;
    see(&steward, 1, Some(Level::Critical)).await;
    requests(&good, 1).await;
    eventually("a mail", async || (mails(steward.data()).len() == 2).then_some(())).await;
    let state = in_state(&admin, failing, "failing").await;
    assert_eq!(state["waiting"], 1, "{state}");
}
