use serde_json::{Value, json};
use system_tests::steward::{Steward, StewardOptions};

use super::{new_key, registration};
use crate::api::refused;

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_is_shown_once_and_works_under_both_names() {
    let steward = Steward::start(StewardOptions { open_registration: true, ..Default::default() }).await;
    let nobody = steward.client();
    let registered = nobody.post("/api/v1/users/register", registration("anna")).await.ok();
    let first = registered["data"]["api_key"].as_str().unwrap().to_owned();
    for (header, key) in
        [("x-api-key", first.clone()), ("x-api-hash", first.clone()), ("x-api-key", first.to_uppercase())]
    {
        let caller = nobody.with_header(header, &key);
        let profile = caller.get("/api/v1/users/profile").await.ok();
        assert_eq!(profile["data"]["username"], "anna", "{header}");
        caller.get("/api/certificates").await.ok();
        caller.get("/api/v1/acme/accounts").await.ok();
        assert!(!profile.to_string().contains(&first), "the profile shows the key");
    }

    let caller = nobody.with_key(&first);
    let second = new_key(&caller).await;
    assert_ne!(first, second);
    let path = "/api/v1/users/profile";
    for key in [first.as_str(), &second[..63], &format!("{second}0"), &format!("{}{}", &second[..63], other(&second))] {
        refused(path, &nobody.with_key(key).get(path).await, 401);
    }
    // The start of a key finds its user; the rest must be that user's.
    refused(path, &nobody.with_key(&format!("{:016x}{}", 1, &second[16..])).get(path).await, 401);
    nobody.with_key(&second).get(path).await.ok();

    // A key has no session to end or to lengthen.
    for path in ["/api/auth/logout", "/api/auth/refresh"] {
        refused(path, &nobody.with_key(&second).post(path, Value::Null).await, 409);
    }
    let admin = steward.admin().await;
    for shown in [admin.get("/api/v1/users").await.ok(), admin.get("/api/v1/users/2").await.ok()] {
        assert!(!shown.to_string().contains("key") && !shown.to_string().contains("hash"), "{shown}");
    }
}

/// Another hex digit than the last one.
fn other(key: &str) -> char {
    if key.ends_with('0') { '1' } else { '0' }
}

/// Two regenerations at once never leave two good keys.
#[tokio::test(flavor = "multi_thread")]
async fn of_keys_made_at_once_one_is_good() {
    let steward = Steward::start(StewardOptions::default()).await;
    let user = steward.user("anna").await;
    let replies = futures(8, || user.post("/api/v1/users/regenerate-key", json!({}))).await;
    let mut good = 0;
    for reply in replies {
        if reply.status == 409 {
            continue;
        }
        let key = reply.ok()["data"]["api_key"].as_str().unwrap().to_owned();
        let works = steward.client().with_key(&key).get("/api/v1/users/profile").await;
        good += usize::from(works.status.is_success());
    }
    assert_eq!(good, 1);
}

async fn futures<T, F: Future<Output = T>>(count: usize, make: impl Fn() -> F) -> Vec<T> {
    super::uniqueness::at_once((0..count).map(|_| make())).await
}
