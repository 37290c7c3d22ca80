use serde_json::json;
use system_tests::steward::{ADMIN_PASSWORD, Steward, StewardOptions};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_first_administrator_does_not_come_back() {
    let directory = TempDir::new().unwrap();
    let data = Some(directory.path().join("data"));
    let steward =
        Steward::start(StewardOptions { data: data.clone(), open_registration: true, ..Default::default() }).await;
    let first = steward.admin().await;
    let second = steward.user("second").await;
    first.put("/api/v1/users/2", json!({"role": "admin"})).await.ok();
    second.delete("/api/v1/users/1").await.ok();
    let taking = json!({"username": "Admin", "password": "a good password", "email": "a@example.org"});
    let refused = steward.client().post("/api/add_user", taking).await.expect(409);
    assert_eq!(refused["error"], "username: is taken");
    steward.stop().await;

    let steward = Steward::start(StewardOptions { data, ..Default::default() }).await;
    let login = json!({"username": "admin", "password": ADMIN_PASSWORD});
    steward.client().post("/api/auth/login", login).await.expect(401);
    steward.client().login("second", super::PASSWORD).await.get("/api/v1/users").await.expect(200);
}
