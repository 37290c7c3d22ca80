use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::steward::{Steward, StewardOptions, eventually, link as link_in, mails, routes};

use super::{entries, trail, verdict};

/// Every route that changes something, as the API describes itself, by somebody who may: one entry each, with the
/// answer's status.
#[tokio::test(flavor = "multi_thread")]
async fn each_route_that_changes_something_leaves_one_entry() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let mut expected: BTreeMap<String, u16> = BTreeMap::new();
    for route in routes(&steward).await {
        let reads_key = route.path.ends_with("/download");
        if route.method == Method::GET && !reads_key {
            continue;
        }
        // What ends the session comes with one of its own.
        let caller = steward.client().login("admin", system_tests::steward::ADMIN_PASSWORD).await;
        let body = route.sample(999).map(|body| Value::Object(body).to_string());
        let reply = caller.send(route.method.clone(), &route.path_with(999), body).await;
        if route.name() != "POST /api/auth/login" {
            expected.insert(route.name(), reply.status.as_u16());
        }
    }
    assert!(expected.len() > 25, "{}", expected.len());
    // The link of a mail, whose token is nowhere.
    expected.remove("POST /api/send_verification_email");
    let mail = json!({"email": "admin@example.com"});
    steward.client().post("/api/send_verification_email", mail).await.ok();
    let link = eventually("the mail", async || mails(steward.data()).pop()).await;
    let link = link_in(&link, steward.url());
    steward.client().get(&link).await.ok();
    expected.insert("GET /api/verify_email".into(), 200);
    let all = eventually("all entries", async || {
        let trail = trail(&admin).await;
        let seen = |name: &&String| trail.iter().any(|entry| entry["action"] == name.as_str());
        expected.keys().all(|name| seen(&name)).then_some(trail)
    });
    let all = all.await;
    for (name, status) in &expected {
        let of_it: Vec<_> = all.iter().filter(|entry| entry["action"] == name.as_str()).collect();
        assert_eq!(of_it.len(), 1, "{name}");
        assert_eq!(of_it[0]["status"], *status, "{name}");
        assert_eq!(of_it[0]["source"], "127.0.0.1", "{name}");
        let target = of_it[0]["target"].as_str().unwrap();
        assert!(target.starts_with("/api/") && !target.contains("token"), "{target}");
    }
    let token = link.split_once("token=").unwrap().1;
    assert!(!Value::from(all).to_string().contains(token));
    // The entries that were held back come a minute later, and change nothing.
    steward.clock.advance(Duration::from_secs(131));
    tokio::time::sleep(Duration::from_secs(1)).await;
    for name in expected.keys() {
        assert_eq!(entries(&admin, name, 1).await.len(), 1, "{name}");
    }
    verdict(&steward).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_are_there_with_the_name_that_was_tried() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, nobody) = (steward.admin().await, steward.client());
    let wrong = json!({"username": "admin", "password": "a-wrong-password"});
    nobody.post("/api/auth/login", wrong).await.expect(401);
    let unknown = json!({"username": "mallory", "password": "a-wrong-password"});
    nobody.post("/api/login", unknown).await.expect(401);
    let logins = entries(&admin, "POST /api/auth/login", 2).await;
    let said: Vec<_> = logins.iter().map(|entry| (&entry["name"], &entry["status"], &entry["by"])).collect();
    let (name, nothing) = (json!("admin"), json!("nothing"));
    assert!(said.contains(&(&name, &json!(200), &nothing)), "{said:?}");
    assert!(said.contains(&(&name, &json!(401), &nothing)), "{said:?}");
    let mallory = entries(&admin, "POST /api/login", 1).await;
    assert_eq!((&mallory[0]["name"], &mallory[0]["user_id"]), (&json!("mallory"), &Value::Null));
    assert!(!Value::from(trail(&admin).await).to_string().contains("password"));
}

/// Who, by what, to what, and the outcome.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_says_who_did_what() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, anna) = (steward.admin().await, steward.user("anna").await);
    let key = anna.post("/api/v1/users/regenerate-key", json!({})).await.ok();
    let by_key = steward.client().with_key(key["data"]["api_key"].as_str().unwrap());
    let body = json!({"name": "mail", "kind": "email", "address": "ops@example.com"});
    let id = by_key.post("/api/channels", body).await.expect(201)["id"].clone();
    let made = entries(&admin, "POST /api/channels", 1).await.remove(0);
    assert_eq!((&made["user_id"], &made["by"], &made["made_id"]), (&json!(2), &json!("api_key"), &id));
    admin.delete(&format!("/api/channels/{id}")).await.ok();
    let gone = entries(&admin, "DELETE /api/channels/{id}", 1).await.remove(0);
    assert_eq!((&gone["user_id"], &gone["target"]), (&json!(1), &json!(format!("/api/channels/{id}"))));
    // The key itself is nowhere.
    let trail = Value::from(trail(&admin).await).to_string();
    assert!(!trail.contains(key["data"]["api_key"].as_str().unwrap()));
}

/// Who is nobody fills no trail.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_leave_no_entry_but_at_the_door() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, nobody) = (steward.admin().await, steward.client());
    for _ in 0..5 {
        nobody.post("/api/channels", json!({})).await.expect(401);
        nobody.with_token("garbage").delete("/api/certificates/1").await.expect(401);
        nobody.post("/api/nothing", json!({})).await.expect(404);
        admin.post("/api/health", json!({})).await.expect(405);
        admin.get("/api/certificates").await.ok();
    }
    admin.delete("/api/certificates/1").await.expect(404);
    entries(&admin, "DELETE /api/certificates/{id}", 1).await;
    let actions: Vec<_> = trail(&admin).await.iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, ["POST /api/auth/login", "DELETE /api/certificates/{id}"]);
}

/// What Steward does on its own.
#[tokio::test(flavor = "multi_thread")]
async fn steward_s_own_work_is_there_too() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let target = "certificate 12".to_owned();
    domain::audit::record_system(&steward.ctx, "certificate.renew", target, "renewed until 2027").await.unwrap();
    let entry = entries(&admin, "certificate.renew", 1).await.remove(0);
    assert_eq!((&entry["by"], &entry["result"]), (&json!("steward"), &json!("renewed until 2027")));
    assert_eq!((&entry["target"], &entry["user_id"]), (&json!("certificate 12"), &Value::Null));
}
