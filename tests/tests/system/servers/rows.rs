//! Making, listing, changing and deleting servers.

use serde_json::json;
use system_tests::steward::{Steward, StewardOptions};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_made_shown_changed_and_deleted() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let new = json!({
        "type": "Nginx", "name": "web1", "system": "Debian 12", "ip_address": "192.0.2.10", "version": "1.22",
        "auto_deploy": true, "note": "rack 4",
    });
    let made = admin.post("/api/servers", new).await.expect(201);
    let id = made["id"].as_i64().unwrap();
    for (field, value) in [
        ("type", json!("nginx")),
        ("name", json!("web1")),
        ("system", json!("Debian 12")),
        ("ip_address", json!("192.0.2.10")),
        ("version", json!("1.22")),
        ("status", json!("unknown")),
        ("auto_deploy", json!(true)),
        ("note", json!("rack 4")),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    assert!(made["created_at"].is_string());
    let shown = admin.get(&format!("/api/servers/{id}")).await.ok();
    assert_eq!(shown, made);
    assert_eq!((&shown["last_update"], &shown["ssh"]), (&json!(null), &json!(null)));

    let changed = json!({"name": "web-1", "auto_deploy": false, "note": "rack 5"});
    let changed = admin.put(&format!("/api/servers/{id}"), changed).await.ok();
    assert_eq!(
        (&changed["id"], &changed["name"], &changed["auto_deploy"], &changed["note"]),
        (&json!(id), &json!("web-1"), &json!(false), &json!("rack 5"))
    );
    admin
        .post("/api/servers", json!({"type": "apache", "name": "web2", "ip_address": "2001:db8::1"}))
        .await
        .expect(201);
    let listed = admin.get("/api/servers").await.ok();
    assert_eq!(listed["total"], 2);
    assert_eq!(listed["servers"][0]["name"], "web2");
    assert_eq!(listed["servers"][1]["name"], "web-1");
    assert_eq!(admin.get("/api/servers?search=RACK").await.ok()["servers"].as_array().unwrap().len(), 1);

    let gone = admin.delete(&format!("/api/servers/{id}")).await.ok();
    assert_eq!(gone["message"], "Server deleted successfully");
    admin.get(&format!("/api/servers/{id}")).await.expect(404);
    assert_eq!(admin.get("/api/servers").await.ok()["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_by_its_name() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let good = json!({"type": "nginx", "name": "web1", "ip_address": "192.0.2.10"});
    for (field, value) in [
        ("type", json!("")),
        ("type", json!("a b")),
        ("name", json!("  ")),
        ("name", json!("x".repeat(101))),
        ("name", json!("a\nb")),
        ("ip_address", json!("web1.example.com")),
        ("ip_address", json!("")),
        ("system", json!("x\u{7}")),
        ("note", json!("x".repeat(1001))),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let error = admin.post("/api/servers", body.clone()).await.expect(400)["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(&format!("{field}: must ")), "{body}: {error}");
        // A name is no address of this route; the route that takes one is named.
        assert_eq!(error.contains("set host with PUT /api/servers/{id}/ssh"), field == "ip_address", "{error}");
    }
    let id = admin.post("/api/servers", good).await.expect(201)["id"].as_i64().unwrap();
    for (field, value) in [
        ("host", json!("-oProxyCommand=id")),
        ("host", json!("a b")),
        ("user", json!("root;id")),
        ("port", json!(0)),
        ("port", json!(65536)),
    ] {
        let path = format!("/api/servers/{id}/ssh");
        let error = admin.put(&path, json!({field: value})).await.expect(400)["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(&format!("{field}: must ")), "{value}: {error}");
    }
}
