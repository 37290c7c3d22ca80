use serde_json::json;
use system_tests::steward::{Client, Steward, StewardOptions};

use super::{PASSWORD, id, registration};
use crate::api::refused;

#[tokio::test(flavor = "multi_thread")]
async fn a_distributor_reaches_whom_they_brought() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let distributor = steward.user("distributor").await;
    let distributor_path = format!("/api/v1/users/{}", id(&distributor).await);
    admin.put(&distributor_path, json!({"role": "distributor"})).await.ok();
    distributor.post("/api/add_user", registration("theirs")).await.expect(200);
    distributor.post("/api/v1/users/register", registration("theirs2")).await.expect(201);
    let theirs = steward.client().login("theirs", PASSWORD).await;
    let stranger = steward.user("stranger").await;

    let their_id = id(&theirs).await;
    let certificate = steward.plant_certificate(their_id, "theirs.example.com").await;
    reaches(&distributor, their_id, certificate).await;
    let strange = steward.plant_certificate(id(&stranger).await, "stranger.example.com").await;
    reaches_not(&distributor, id(&stranger).await, strange).await;
    reaches_not(&distributor, 1, strange).await;
    let own = distributor.get("/api/certificates").await.ok();
    assert_eq!(own["total"], 0, "what their users have is not in their own list");

    // Users do not reach their distributor, nor each other.
    reaches_not(&theirs, id(&distributor).await, strange).await;
    reaches_not(&steward.client().login("theirs2", PASSWORD).await, their_id, certificate).await;
    // What is an administrator's stays an administrator's.
    refused("/api/v1/users", &distributor.get("/api/v1/users").await, 403);
    let path = format!("/api/v1/users/{their_id}");
    refused(&path, &distributor.put(&path, json!({"role": "admin"})).await, 403);
    refused(&path, &distributor.delete(&path).await, 403);

    // A distributor no longer reaches nobody.
    admin.put(&distributor_path, json!({"role": "user"})).await.ok();
    reaches_not(&distributor, their_id, certificate).await;
    let reply = distributor.post("/api/add_user", registration("late")).await;
    refused("/api/add_user", &reply, 403);
}

async fn reaches(caller: &Client, user: i64, certificate: i64) {
    assert_eq!(caller.get(&format!("/api/v1/users/{user}")).await.ok()["data"]["id"], user);
    let listed = caller.get(&format!("/api/certificates?user_id={user}")).await.ok();
    assert_eq!((&listed["total"], &listed["certificates"][0]["id"]), (&json!(1), &json!(certificate)));
    caller.get(&format!("/api/v1/acme/accounts?user_id={user}")).await.ok();
    let path = format!("/api/certificates/{certificate}");
    caller.get(&path).await.ok();
    assert_eq!(caller.put(&path, json!({"note": "looked after"})).await.ok()["note"], "looked after");
}

async fn reaches_not(caller: &Client, user: i64, certificate: i64) {
    for path in [
        format!("/api/v1/users/{user}"),
        format!("/api/certificates?user_id={user}"),
        format!("/api/v1/acme/accounts?user_id={user}"),
        format!("/api/certificates/{certificate}"),
        format!("/api/certificates/{certificate}/download"),
    ] {
        refused(&path, &caller.get(&path).await, 404);
    }
}
