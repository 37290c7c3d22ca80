//! `PUT /api/v1/users/profile`

use serde_json::json;
use system_tests::steward::{ADMIN_PASSWORD, Steward, StewardOptions};

const PROFILE: &str = "/api/v1/users/profile";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_every_session_and_is_the_one_that_counts() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (alice, elsewhere) = (steward.user("alice").await, steward.client().login("alice", "a good password").await);
    let wrong = alice.put(PROFILE, json!({"password": "a better password", "current_password": "a guess"})).await;
    assert_eq!(wrong.expect(400)["message"], "current_password: is not your password");
    elsewhere.get(PROFILE).await.expect(200);

    alice.put(PROFILE, json!({"password": "a better password", "current_password": "a good password"})).await.ok();
    alice.get(PROFILE).await.expect(401);
    elsewhere.get(PROFILE).await.expect(401);
    let old = json!({"username": "alice", "password": "a good password"});
    steward.client().post("/api/auth/login", old).await.expect(401);
    steward.client().login("alice", "a better password").await.get(PROFILE).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_takes_the_place_of_the_old_one() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (alice, bob) = (steward.user("alice").await, steward.user("bob").await);
    let change = |email: &str| json!({"email": email, "current_password": "a good password"});
    let taken = alice.put(PROFILE, change("BOB@example.com")).await.expect(409);
    assert_eq!(taken["message"], "email: is in use");

    let changed = alice.put(PROFILE, change("alice@example.org")).await.ok();
    assert_eq!(
        (&changed["data"]["email"], &changed["data"]["email_verified"]),
        (&json!("alice@example.org"), &json!(false))
    );
    alice.get(PROFILE).await.expect(200);
    steward.client().login("alice@example.org", "a good password").await;
    bob.put(PROFILE, change("alice@example.com")).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_the_current_password_is_locked_like_a_login() {
    let steward = Steward::start(StewardOptions::default()).await;
    let alice = steward.user("alice").await;
    for _ in 0..10 {
        alice.put(PROFILE, json!({"password": "a better password", "current_password": "a guess"})).await.expect(400);
    }
    let locked = alice.put(PROFILE, json!({"password": "a better password", "current_password": "a guess"})).await;
    assert!(locked.headers.contains_key("retry-after"));
    locked.expect(429);
    // Where she logged in before, the right one passes.
    alice.put(PROFILE, json!({"password": "a better password", "current_password": "a good password"})).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_is_told_to_give_an_address_before_a_ca_is_bothered() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.client().login("admin", ADMIN_PASSWORD).await;
    let as_made = json!({"email": "admin@steward.invalid", "current_password": ADMIN_PASSWORD});
    admin.put(PROFILE, as_made).await.ok();
    let order = json!({"domain": "example.com", "issuer": "letsencrypt-staging"});
    let refused = admin.post("/api/certificates", order).await.expect(409);
    assert!(refused["error"].as_str().unwrap().contains("PUT /api/v1/users/profile"), "{refused}");
}
