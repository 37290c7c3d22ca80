//! `POST /api/dns-credentials/{id}/test`

use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{Port, TsigKey};
use system_tests::steward::{Client, StewardOptions};

use super::{KEY, STRONGER, Zones, ended};

async fn tried(caller: &Client, id: i64, body: Value) -> Value {
    let begun = caller.post(&format!("/api/dns-credentials/{id}/test"), body).await.expect(202);
    ended(caller, &begun["operation_id"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_written_read_and_removed() {
    need!("named");
    let lab = Zones::start(StewardOptions::default()).await;
    let anna = lab.steward.user("anna").await;
    for (key, zone) in [(&KEY, "lab.example"), (&STRONGER, "other.example")] {
        let id = lab.credential(&anna, key, Some(zone)).await;
        let shown = tried(&anna, id, json!({})).await;
        assert_eq!((&shown["state"], &shown["kind"]), (&json!("succeeded"), &json!("test_dns_credential")), "{shown}");
        let steps: Vec<_> =
            shown["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
        assert_eq!(steps, ["write", "read", "remove"]);
        assert_eq!(lab.txt(&format!("_steward-test.{zone}")).await, Vec::<String>::new());
        anna.delete(&format!("/api/dns-credentials/{id}")).await.expect(200);
    }
    // Without a zone of its own, one is named with the test.
    let id = lab.credential(&anna, &KEY, None).await;
    let message = anna.post(&format!("/api/dns-credentials/{id}/test"), json!({})).await.expect(400);
    assert!(message["error"].as_str().unwrap().starts_with("zone: "), "{message}");
    assert_eq!(tried(&anna, id, json!({"zone": "lab.example"})).await["state"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_work_is_said_without_the_secret() {
    need!("named");
    let lab = Zones::start(StewardOptions::default()).await;
    let anna = lab.steward.user("anna").await;
    let wrong = TsigKey { secret: "dGhpcyBpcyBhbm90aGVyIGtleSwgYW5kIHdyb25n", ..KEY };
    let unknown = TsigKey { name: "nobody", ..KEY };
    for (key, zone, said) in [
        (wrong, "lab.example", "check key_name, key and algorithm"),
        (unknown, "lab.example", "check key_name, key and algorithm"),
        (KEY, "closed.example", "does not let this key write"),
        (KEY, "below.lab.example", "is no authority for below.lab.example"),
    ] {
        let id = lab.credential(&anna, &key, Some(zone)).await;
        let shown = tried(&anna, id, json!({})).await;
        assert_eq!(shown["state"], "failed", "{zone} {shown}");
        let error = shown["error"].as_str().unwrap();
        println!("{} {zone}: {error}", key.name);
        assert!(error.contains(said), "{zone}: {error}");
        assert!(!shown.to_string().contains(key.secret), "{shown}");
        // Nothing was written: the credential is free again.
        let path = format!("/api/dns-credentials/{id}");
        anna.delete(&path).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_public_is_not_connected_to() {
    need!("named");
    let lab = Zones::start(StewardOptions { public_only: true, ..StewardOptions::default() }).await;
    let anna = lab.steward.user("anna").await;
    let id = lab.credential(&anna, &KEY, Some("lab.example")).await;
    let shown = tried(&anna, id, json!({})).await;
    let error = shown["error"].as_str().unwrap();
    assert!(error.contains("127.0.0.1") && error.contains("STEWARD_ALLOW_TARGETS"), "{error}");
    for (provider, fields) in [
        ("pdns", json!({"url": "http://127.0.0.1:8081", "api_key": "x"})),
        ("plesk", json!({"url": "https://169.254.169.254", "api_key": "x"})),
        ("infoblox", json!({"host": "[::1]", "username": "x", "password": "y"})),
        ("route53", json!({"access_key_id": "x", "secret_access_key": "y", "endpoint": "http://10.0.0.1"})),
    ] {
        let new = json!({"name": "x", "provider": provider, "fields": fields, "zone": "lab.example"});
        let id = anna.post("/api/dns-credentials", new).await.expect(201)["id"].as_i64().unwrap();
        let shown = tried(&anna, id, json!({})).await;
        let error = shown["error"].as_str().unwrap_or_default();
        assert!(error.contains("STEWARD_ALLOW_TARGETS"), "{provider}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_server_that_is_down_is_tried_again() {
    need!("named");
    let lab = Zones::start(StewardOptions::default()).await;
    let anna = lab.steward.user("anna").await;
    let nobody = Port::claim();
    let fields = json!({"server": nobody.address().to_string(), "key_name": KEY.name, "key": KEY.secret});
    let new = json!({"name": "down", "provider": "rfc2136", "fields": fields, "zone": "lab.example"});
    let id = anna.post("/api/dns-credentials", new).await.expect(201)["id"].as_i64().unwrap();
    let begun = anna.post(&format!("/api/dns-credentials/{id}/test"), json!({})).await.expect(202);
    let path = format!("/api/operations/{}", begun["operation_id"]);
    let waits = || async {
        let shown = anna.get(&path).await.ok();
        shown["steps"][0]["detail"].is_string().then_some(shown)
    };
    let shown = system_tests::steward::eventually("a pause", waits).await;
    assert_eq!(shown["state"], "running", "{shown}");
    // It comes back, at the address that the credential is changed to.
    let fields = json!({"server": lab.bind.dns_addr().to_string(), "key": KEY.secret});
    anna.put(&format!("/api/dns-credentials/{id}"), json!({"fields": fields})).await.expect(200);
    assert_eq!(ended(&anna, &begun["operation_id"]).await["state"], "succeeded");
}
