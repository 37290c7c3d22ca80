use serde_json::json;
use system_tests::steward::{Client, Steward, StewardOptions};

use super::uniqueness::at_once;
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

/// Two who put each other out at the same moment: one of them is too late.
#[tokio::test(flavor = "multi_thread")]
async fn of_administrators_who_put_each_other_out_one_stands() {
    let steward = Steward::start(StewardOptions::default()).await;
    let mut standing = steward.admin().await;
    let mut standing_id = 1;
    let ways = ["demote", "suspend", "delete"];
    for round in 0..9 {
        let name = format!("rival{round}");
        let password = "a good password";
        let body = json!({"username": name, "password": password, "email": format!("{name}@example.com")});
        let rival_id = standing.post("/api/add_user", body).await.ok()["user_id"].as_i64().unwrap();
        standing.put(&format!("/api/v1/users/{rival_id}"), json!({"role": "admin"})).await.ok();
        let rival = steward.client().login(&name, password).await;
        let put_out = async |by: &Client, id: i64, way: &str| {
            let path = format!("/api/v1/users/{id}");
            match way {
                "demote" => by.put(&path, json!({"role": "user"})).await,
                "suspend" => by.post(&format!("{path}/suspend"), json!({})).await,
                _ => by.delete(&path).await,
            }
        };
        let (a, b) = (ways[round % 3], ways[(round / 3) % 3]);
        let (first, second) = tokio::join!(put_out(&standing, rival_id, a), put_out(&rival, standing_id, b));
        let done = [first.status.is_success(), second.status.is_success()];
        assert_ne!(done[0], done[1], "{a} {} {b} {}", first.status, second.status);
        if done[1] {
            (standing, standing_id) = (rival, rival_id);
        }
        standing.get("/api/v1/users").await.ok();
    }
}

/// Each puts the next out, in a ring.
#[tokio::test(flavor = "multi_thread")]
async fn of_administrators_in_a_ring_one_stands() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let mut ring = vec![(1, admin.clone())];
    for name in ["anna", "bert", "caro"] {
        let caller = steward.user(name).await;
        let id = id(&caller).await;
        admin.put(&format!("/api/v1/users/{id}"), json!({"role": "admin"})).await.ok();
        ring.push((id, caller));
    }
    let demote = |by: usize| {
        let (id, caller) = (ring[(by + 1) % ring.len()].0, &ring[by].1);
        async move { caller.put(&format!("/api/v1/users/{id}"), json!({"role": "user"})).await }
    };
    at_once((0..ring.len()).map(demote)).await;
    let mut left = 0;
    for (_, caller) in &ring {
        left += usize::from(caller.get("/api/v1/users").await.status.is_success());
    }
    assert!(left >= 1, "nobody is left");
}
