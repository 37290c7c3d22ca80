use serde_json::json;

use super::authority::Authority;
use super::{idle, shown, watch};

#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_of_somebody_else_does_not_exist() {
    let steward = idle().await;
    let (admin, alice, bob) = (steward.admin().await, steward.user("alice").await, steward.user("bob").await);
    let id = watch(&alice, "127.0.0.1:1".parse().unwrap(), &Authority::new(), json!({"is_active": false})).await;
    let before = shown(&alice, id).await;
    for (method, rest) in [("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/check"), ("GET", "/checks")] {
        for id in [id, 999] {
            let body = (method == "PUT").then(|| json!({"note": "mine"}).to_string());
            let reply = bob.send(method.parse().unwrap(), &format!("/api/monitors/{id}{rest}"), body).await;
            assert_eq!(reply.expect(404)["error"], "monitor not found", "{method} {id}{rest}");
        }
    }
    assert_eq!(bob.get("/api/monitors").await.ok()["total"], 0);
    assert_eq!(shown(&alice, id).await, before);
    let alices = alice.get("/api/v1/users/profile").await.ok()["data"]["id"].clone();
    let listed = admin.get(&format!("/api/monitors?user_id={alices}")).await.ok();
    assert_eq!((&listed["total"], &listed["monitors"][0]["id"]), (&json!(1), &json!(id)));
    assert_eq!(bob.get(&format!("/api/monitors?user_id={alices}")).await.expect(404)["error"], "user not found");
    admin.put(&format!("/api/monitors/{id}"), json!({"note": "seen"})).await.ok();
    assert_eq!(shown(&alice, id).await["note"], "seen");
}
