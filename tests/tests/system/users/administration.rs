use serde_json::json;
use system_tests::steward::{Steward, StewardOptions};

use super::{fields, id};
use crate::api::{nothing_written, refused};

#[tokio::test(flavor = "multi_thread")]
async fn administrators_find_users_page_by_page() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    for name in ["anna", "bert", "Berta", "carl"] {
        steward.user(name).await;
    }
    let page = admin.get("/api/v1/users?page=2&per_page=2").await.ok();
    assert_eq!((&page["success"], fields(&page["data"])), (&json!(true), vec!["page", "per_page", "total", "users"]));
    let data = &page["data"];
    assert_eq!((&data["total"], &data["page"], &data["per_page"]), (&json!(5), &json!(2), &json!(2)));
    let names = |data: &serde_json::Value| -> Vec<String> {
        data["users"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(data), ["bert", "anna"]);
    let found = admin.get("/api/v1/users?search=BERT").await.ok();
    assert_eq!((names(&found["data"]), &found["data"]["total"]), (vec!["Berta".to_owned(), "bert".into()], &json!(2)));
    assert_eq!(names(&admin.get("/api/v1/users?search=carl@").await.ok()["data"]), ["carl"]);
    assert_eq!(names(&admin.get("/api/v1/users?page=9").await.ok()["data"]), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_and_a_quota_count_from_the_next_request() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let user = steward.user("anna").await;
    let path = format!("/api/v1/users/{}", id(&user).await);
    refused("/api/v1/users", &user.get("/api/v1/users").await, 403);
    let changed = admin.put(&path, json!({"role": "admin", "quota": {"certificates": 7}})).await.ok();
    assert_eq!((&changed["data"]["role"], &changed["data"]["quota"]), (&json!("admin"), &json!({"certificates": 7})));
    user.get("/api/v1/users").await.ok();
    let changed = admin.put(&path, json!({"role": "user"})).await.ok();
    assert_eq!(changed["data"]["quota"], json!({"certificates": 7}), "what is not given stays");
    refused("/api/v1/users", &user.get("/api/v1/users").await, 403);
    assert_eq!(user.get(&path).await.ok()["data"]["username"], "anna", "oneself can be looked at");
}

/// One administrator must remain.
#[tokio::test(flavor = "multi_thread")]
async fn administrators_cannot_shut_themselves_out() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    steward.store.take();
    for (reply, said) in [
        (admin.delete("/api/v1/users/1").await, "delete yourself"),
        (admin.post("/api/v1/users/1/suspend", json!({})).await, "suspend yourself"),
        (admin.put("/api/v1/users/1", json!({"role": "user"})).await, "change your own role"),
    ] {
        assert_eq!(refused("/api/v1/users/1", &reply, 409), format!("you cannot {said}; ask another administrator"));
    }
    nothing_written(&steward, "an administrator on themselves");
    admin.get("/api/v1/users").await.ok();
}
