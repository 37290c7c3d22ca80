use serde_json::json;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Client, Lab, Reply};

/// Every route that takes a certificate's id.
const ROUTES: [(&str, &str); 6] = [
    ("GET", ""),
    ("PUT", ""),
    ("GET", "/download?format=key"),
    ("POST", "/verify"),
    ("POST", "/revoke"),
    ("DELETE", ""),
];

async fn call(client: &Client, method: &str, path: &str) -> Reply {
    let body = (method == "PUT").then(|| json!({"note": "mine"}).to_string());
    client.send(method.parse().unwrap(), path, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_somebody_else_does_not_exist() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let id = lab.issue(&["example.com"]).await;
    let ordered = lab.order(&["unissued.example.com"]).await;
    lab.make_records(&ordered).await;
    let unissued = ordered["id"].as_i64().unwrap();
    let before = lab.admin.get("/api/certificates").await.ok();
    let bob = lab.steward.user("bob").await;
    for id in [id, unissued, 999_999] {
        for (method, rest) in ROUTES {
            let reply = call(&bob, method, &format!("/api/certificates/{id}{rest}")).await;
            assert_eq!(reply.expect(404)["error"], "certificate not found", "{method} {id}{rest}");
        }
    }
    for id in ["0", "-1", "x", "1.5", "99999999999999999999"] {
        for (method, rest) in ROUTES {
            let reply = call(&bob, method, &format!("/api/certificates/{id}{rest}")).await;
            assert_eq!(reply.expect(400)["error"], "id: must be a positive integer", "{method} {id}{rest}");
        }
    }
    let operation = lab.verify(unissued).await;
    let refused = bob.get(&format!("/api/operations/{operation}")).await.expect(404);
    assert_eq!(refused["error"], "operation not found");
    lab.ended(operation).await;
    assert_eq!(bob.post("/api/certificates/cleanup", json!({})).await.ok()["count"], 0);
    let after = lab.admin.get("/api/certificates").await.ok();
    assert_eq!((&after["total"], &after["certificates"][1]), (&before["total"], &before["certificates"][1]));

    // An administrator reaches what a user has.
    let body = json!({"domain": "bob.example.com", "issuer": "pebble"});
    let bobs = bob.post("/api/certificates", body).await.expect(201)["id"].clone();
    lab.admin.put(&format!("/api/certificates/{bobs}"), json!({"note": "seen"})).await.ok();
    assert_eq!(bob.get(&format!("/api/certificates/{bobs}")).await.ok()["note"], "seen");
    lab.admin.delete(&format!("/api/certificates/{bobs}")).await.ok();
    call(&bob, "GET", &format!("/api/certificates/{bobs}")).await.expect(404);
}
