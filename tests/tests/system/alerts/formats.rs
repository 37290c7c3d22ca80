//! What each provider is sent, against what it publishes, and how each says no.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use system_tests::peers::{Flood, FloodServer, Hooked, Reaction, WebhookSink};
use system_tests::steward::{Steward, StewardOptions};

fn mac(key: &str, message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// Makes a channel, tests it with a provider that answers `yes`, then `no`; what was sent, and what came of the no.
async fn try_out(sink: &WebhookSink, mut body: Value, yes: Reaction, no: Reaction) -> (Hooked, String) {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    body["name"] = "<!channel> & co".into();
    let id = admin.post("/api/channels", body).await.expect(201)["id"].clone();
    let before = sink.requests().len();
    let test = format!("/api/channels/{id}/test");
    sink.next(yes);
    admin.post(&test, Value::Null).await.expect(200);
    sink.next(no);
    let refused = admin.post(&test, Value::Null).await.expect(503);
    let sent = sink.requests().swap_remove(before);
    assert_eq!(
        (sent.method.as_str(), sent.headers["content-type"].to_str().unwrap()),
        ("POST", "application/json; charset=utf-8")
    );
    (sent, refused["error"].as_str().unwrap().to_owned())
}

const TITLE: &str = "[test] <!channel> & co: this channel works";

#[tokio::test(flavor = "multi_thread")]
async fn webhook() {
    let sink = WebhookSink::start().await;
    let body = json!({"kind": "webhook", "url": sink.url("/hook?a=b"), "secret": "the secret"});
    let (sent, refused) = try_out(&sink, body, Reaction::new(204, ""), Reaction::new(403, "go away")).await;
    assert_eq!(sent.target, "/hook?a=b");
    let header = |name: &str| sent.headers[name].to_str().unwrap().to_owned();
    let signed = [header("steward-timestamp").as_bytes(), b".", &sent.body].concat();
    assert_eq!(header("steward-signature"), format!("sha256={}", hex::encode(mac("the secret", &signed))));
    assert_eq!(sent.json["id"], header("steward-id"));
    assert_eq!((&sent.json["title"], &sent.json["alerts"]), (&json!(TITLE), &json!([])));
    assert_eq!(refused, "127.0.0.1 answered 403 Forbidden");
}

/// <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>
#[tokio::test(flavor = "multi_thread")]
async fn slack() {
    let sink = WebhookSink::start().await;
    let body = json!({"kind": "slack", "url": sink.url("/services/T0/B0/XXX")});
    let (sent, refused) = try_out(&sink, body, Reaction::new(200, "ok"), Reaction::new(404, "no_service")).await;
    assert_eq!(sent.target, "/services/T0/B0/XXX");
    let text = sent.json["text"].as_str().unwrap();
    assert!(text.starts_with("[test] &lt;!channel&gt; &amp; co: this channel works\n\n"), "{text}");
    assert_eq!(sent.json.as_object().unwrap().len(), 1);
    assert!(refused.ends_with("no_service"), "{refused}");
}

/// <https://core.telegram.org/bots/api#sendmessage>
#[tokio::test(flavor = "multi_thread")]
async fn telegram() {
    let sink = WebhookSink::start().await;
    let body = json!({"kind": "telegram", "base_url": sink.url("/"), "token": "123:abc-DEF_9", "chat_id": -100_123});
    let no =
        json!({"ok": false, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 35}});
    let yes = Reaction::new(200, json!({"ok": true, "result": {"message_id": 1}}).to_string());
    let (sent, refused) = try_out(&sink, body, yes, Reaction::new(429, no.to_string())).await;
    assert_eq!(sent.target, "/bot123:abc-DEF_9/sendMessage");
    assert_eq!(sent.json["chat_id"], "-100123");
    assert!(sent.json["text"].as_str().unwrap().starts_with(TITLE));
    assert!(refused.ends_with("429 Too Many Requests: Too Many Requests (429)"), "{refused}");
}

/// <https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages>
#[tokio::test(flavor = "multi_thread")]
async fn dingtalk() {
    let sink = WebhookSink::start().await;
    let body = json!({"kind": "dingtalk", "url": sink.url("/robot/send?access_token=tok"), "secret": "SEC0123"});
    let yes = Reaction::new(200, json!({"errcode": 0, "errmsg": "ok"}).to_string());
    let no = Reaction::new(200, json!({"errcode": 310000, "errmsg": "sign not match"}).to_string());
    let (sent, refused) = try_out(&sink, body, yes, no).await;
    let url: reqwest::Url = sink.url(&sent.target).parse().unwrap();
    let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(query["access_token"], "tok");
    assert_eq!(query["timestamp"].len(), 13, "milliseconds");
    let signed = format!("{}\n{}", query["timestamp"], "SEC0123");
    assert_eq!(query["sign"], BASE64_STANDARD.encode(mac("SEC0123", signed.as_bytes())));
    assert_eq!(sent.json["msgtype"], "text");
    assert!(sent.json["text"]["content"].as_str().unwrap().starts_with(TITLE));
    assert_eq!(refused, "127.0.0.1 did not take the message: sign not match (310000)");
}

/// <https://developer.work.weixin.qq.com/document/path/91770>
#[tokio::test(flavor = "multi_thread")]
async fn wecom() {
    let sink = WebhookSink::start().await;
    let body = json!({"kind": "wecom", "url": sink.url("/cgi-bin/webhook/send?key=693a91f6")});
    let yes = Reaction::new(200, json!({"errcode": 0, "errmsg": "ok"}).to_string());
    let no = Reaction::new(200, json!({"errcode": 93000, "errmsg": "invalid webhook url"}).to_string());
    let (sent, refused) = try_out(&sink, body, yes, no).await;
    assert_eq!(sent.target, "/cgi-bin/webhook/send?key=693a91f6");
    assert_eq!(sent.json["msgtype"], "text");
    let content = sent.json["text"]["content"].as_str().unwrap();
    assert!(content.starts_with(TITLE) && content.len() <= 2048, "{content}");
    assert_eq!(refused, "127.0.0.1 did not take the message: invalid webhook url (93000)");
}

/// <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>
#[tokio::test(flavor = "multi_thread")]
async fn feishu() {
    let sink = WebhookSink::start().await;
    let body = json!({"kind": "feishu", "url": sink.url("/open-apis/bot/v2/hook/tok"), "secret": "demo"});
    let yes = Reaction::new(200, json!({"code": 0, "msg": "success", "data": {}}).to_string());
    let no = Reaction::new(200, json!({"code": 19021, "msg": "sign match fail"}).to_string());
    let (sent, refused) = try_out(&sink, body, yes, no).await;
    let timestamp = sent.json["timestamp"].as_str().unwrap();
    assert_eq!(timestamp.len(), 10, "seconds");
    assert_eq!(sent.json["sign"], BASE64_STANDARD.encode(mac(&format!("{timestamp}\ndemo"), b"")));
    assert_eq!(sent.json["msg_type"], "text");
    assert!(sent.json["content"]["text"].as_str().unwrap().starts_with(TITLE));
    assert_eq!(refused, "127.0.0.1 did not take the message: sign match fail (19021)");
}

/// A channel may lead to any server that is permitted: what a page there says is for nobody.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_answers_is_not_shown() {
    let sink = WebhookSink::start().await;
    let telegram = json!({"kind": "telegram", "base_url": sink.url("/"), "token": "1:a", "chat_id": "1"});
    let of = |kind: &str| json!({"kind": kind, "url": sink.url("/internal")});
    for (body, yes) in [
        (of("webhook"), "ok"),
        (of("slack"), "ok"),
        (of("dingtalk"), r#"{"errcode": 0}"#),
        (of("wecom"), r#"{"errcode": 0}"#),
        (of("feishu"), r#"{"code": 0}"#),
        (telegram, r#"{"ok": true}"#),
    ] {
        for page in ["<h1>INTRANET</h1> root:INTRANET:0:0", r#"{"msg": "INTRANET", "errmsg": "INTRANET"}"#] {
            let no = Reaction::new(500, page);
            let (_, refused) = try_out(&sink, body.clone(), Reaction::new(200, yes), no).await;
            assert!(refused.contains("500") && !refused.contains("INTRANET"), "{body}: {refused}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_takes_memory_or_time() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    for (flood, status) in [
        (Flood::Gzip, 200),
        (Flood::Endless("[0,"), 200),
        (Flood::Repeated("x", 78_000_000), 200),
        (Flood::Trickle, 503),
        (Flood::Header, 503),
    ] {
        let server = FloodServer::start(flood.clone()).await;
        let body = json!({"name": "flood", "kind": "webhook", "url": server.url()});
        let id = admin.post("/api/channels", body).await.expect(201)["id"].clone();
        let began = std::time::Instant::now();
        let reply = admin.post(&format!("/api/channels/{id}/test"), Value::Null).await;
        assert_eq!(reply.status.as_u16(), status, "{flood:?}: {}", reply.json);
        assert!(began.elapsed().as_secs() < 20, "{flood:?}: {:?}", began.elapsed());
        admin.delete(&format!("/api/channels/{id}")).await.expect(200);
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()).unwrap();
    assert!(peak.parse::<u64>().unwrap() < 200 * 1024, "{peak} KiB");
}
