use std::time::Duration;

use serde_json::{Value, json};
use system_tests::steward::{Steward, StewardOptions};

use super::{PASSWORD, confirmed_key, new_key, registration};
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
    let second = confirmed_key(&caller, PASSWORD).await;
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

/// A key or a token that was stolen does not make another key.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_takes_the_password_or_a_fresh_login() {
    const PATH: &str = "/api/v1/users/regenerate-key";
    let steward = Steward::start(StewardOptions::default()).await;
    let session = steward.user("anna").await;
    // Right after the login, with an empty body or none.
    let key = steward.client().with_key(&new_key(&session).await);
    session.post(PATH, Value::Null).await.expect(200);
    refused("/api/certificates", &key.get("/api/certificates").await, 401);
    let key = steward.client().with_key(&new_key(&session).await);

    let said = "send your password as current_password, or log in again: without it the login must be at most 10 \
                minutes old";
    steward.clock.advance(Duration::from_secs(601));
    // A refreshed token is no fresh login.
    let refreshed = session.post("/api/auth/refresh", Value::Null).await.ok();
    let refreshed = steward.client().with_token(refreshed["token"].as_str().unwrap());
    for caller in [&session, &refreshed, &key] {
        for body in [Value::Null, json!({})] {
            assert_eq!(refused(PATH, &caller.post(PATH, body).await, 403), said);
        }
        let wrong = caller.post(PATH, json!({"current_password": "a wrong password"})).await;
        assert_eq!(refused(PATH, &wrong, 400), "current_password: is not your password");
    }
    key.get("/api/certificates").await.ok();
    session.post(PATH, json!({"current_password": PASSWORD})).await.expect(200);
    refused("/api/certificates", &key.get("/api/certificates").await, 401);
    // The guesses count as failed logins: three so far, forgotten with the right one.
    for attempt in 0..12 {
        let reply = session.post(PATH, json!({"current_password": "a wrong password"})).await;
        assert_eq!(reply.status.as_u16(), if attempt < 10 { 400 } else { 429 });
    }
}

/// A key ends with what should end all access, and not with the logout of one session.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_with_the_password_it_was_made_under() {
    let steward = Steward::start(StewardOptions::default()).await;
    let session = steward.user("anna").await;
    let key = steward.client().with_key(&new_key(&session).await);
    steward.client().login("anna", PASSWORD).await.post("/api/auth/logout", Value::Null).await.ok();
    key.get("/api/certificates").await.ok();
    let change = json!({"password": "another good password", "current_password": PASSWORD});
    session.put("/api/v1/users/profile", change).await.ok();
    for caller in [&session, &key] {
        refused("/api/certificates", &caller.get("/api/certificates").await, 401);
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
