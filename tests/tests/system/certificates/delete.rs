use serde_json::json;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Lab, eventually};

use super::{keys, total};

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_certificate_is_gone_with_its_key() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let gone = lab.issue(&["gone.example.com"]).await;
    let stays = lab.issue(&["stays.example.com"]).await;
    let unissued = lab.order(&["unissued.example.com"]).await["id"].as_i64().unwrap();
    assert_eq!((total(&lab.admin).await, keys(&lab).await.len()), (3, 2));

    for id in [gone, unissued] {
        let deleted = lab.admin.delete(&format!("/api/certificates/{id}")).await.expect(200);
        assert_eq!(deleted, json!({"message": "Certificate deleted successfully"}));
    }
    for (method, path) in [
        ("GET", format!("/api/certificates/{gone}")),
        ("PUT", format!("/api/certificates/{gone}")),
        ("DELETE", format!("/api/certificates/{gone}")),
        ("GET", format!("/api/certificates/{gone}/download")),
        ("POST", format!("/api/certificates/{gone}/verify")),
        ("POST", format!("/api/certificates/{gone}/revoke")),
    ] {
        let body = Some(json!({"note": "still here?"}).to_string());
        let reply = lab.admin.send(method.parse().unwrap(), &path, body).await;
        assert_eq!(reply.expect(404)["error"], "certificate not found", "{method} {path}");
    }
    let listed = lab.admin.get("/api/certificates").await.ok();
    assert_eq!((&listed["total"], &listed["certificates"][0]["id"]), (&json!(1), &json!(stays)));
    assert_eq!(lab.admin.get("/api/certificates?search=gone").await.ok()["total"], 0);
    let left = [format!("certificates/{stays}/key")];
    eventually("the key's end", async || (keys(&lab).await == left).then_some(())).await;
    assert_eq!(lab.admin.get(&format!("/api/certificates/{stays}/download?format=key")).await.status, 200);
}
