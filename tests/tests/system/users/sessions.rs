use std::time::Duration;

use domain::entity::{self, Stored};
use domain::ports::{Key, SecretName};
use domain::users::User;
use futures_util::future::join_all;
use serde_json::{Value, json};
use steward_http::Tokens;
use system_tests::steward::{Steward, StewardOptions};

use super::uniqueness::at_once;
use super::{PASSWORD, id, new_key};
use crate::api::refused;

const PATH: &str = "/api/certificates";

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_ends_one_session() {
    let steward = Steward::start(StewardOptions::default()).await;
    let first = steward.user("anna").await;
    let second = steward.client().login("anna", PASSWORD).await;
    first.post("/api/auth/logout", Value::Null).await.ok();
    assert_eq!(refused(PATH, &first.get(PATH).await, 401), "the session has ended; log in again");
    second.get(PATH).await.ok();
    let again = first.post("/api/auth/logout", Value::Null).await;
    refused("/api/auth/logout", &again, 401);
}

/// As the functions of a new deployment do: all of them start with the first requests.
#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_sign_with_one_key() {
    let steward = Steward::start(StewardOptions::default()).await;
    let ctx = &steward.ctx;
    let anna: Stored<User> = entity::load(ctx.store.as_ref(), Key::of(1)).await.unwrap();
    let processes: Vec<_> = (0..8).map(|_| Tokens::default()).collect();
    join_all(processes.iter().map(|tokens| tokens.warm(ctx))).await.into_iter().for_each(Result::unwrap);
    for signing in &processes {
        let token = signing.new_session(ctx, &anna.value).await.unwrap();
        for reading in &processes {
            assert_eq!(reading.read_session(ctx, &token).await.unwrap().user, anna.value.id);
        }
    }
}

/// As an import into a deployment does: a process that runs on takes the key that is there now.
#[tokio::test(flavor = "multi_thread")]
async fn a_signing_key_that_was_replaced_signs_nothing_more() {
    let steward = Steward::start(StewardOptions::default()).await;
    let ctx = &steward.ctx;
    let anna: Stored<User> = entity::load(ctx.store.as_ref(), Key::of(1)).await.unwrap();
    let running = Tokens::default();
    running.warm(ctx).await.unwrap();
    let name = SecretName("http/signing-key".into());
    ctx.vault.delete(&name).await.unwrap();
    Tokens::default().warm(ctx).await.unwrap();
    steward.clock.advance(Duration::from_secs(61));
    let token = running.new_session(ctx, &anna.value).await.unwrap();
    assert!(Tokens::default().read_session(ctx, &token).await.is_ok());
}

/// However many logouts there are in a day, they end those sessions, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn many_logouts_stay_logged_out() {
    let steward = Steward::start(StewardOptions::default()).await;
    let lasting = steward.user("anna").await;
    let mut ended = Vec::new();
    for _ in 0..60 {
        let caller = steward.client().login("anna", PASSWORD).await;
        caller.post("/api/auth/logout", Value::Null).await.ok();
        ended.push(caller);
    }
    assert!(ended.len() > 50, "{}", ended.len());
    for caller in &ended {
        refused(PATH, &caller.get(PATH).await, 401);
    }
    lasting.get(PATH).await.ok();
    steward.client().login("anna", PASSWORD).await.get(PATH).await.ok();
    // Those that did not fit into the user's row are refused wherever a row is asked for with them.
    for path in ["/api/certificates/1", "/api/v1/users/profile"] {
        refused(path, &ended.last().unwrap().get(path).await, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logouts_at_once_all_count() {
    let steward = Steward::start(StewardOptions::default()).await;
    let lasting = steward.user("anna").await;
    let mut sessions = Vec::new();
    for _ in 0..8 {
        sessions.push(steward.client().login("anna", PASSWORD).await);
    }
    for reply in at_once(sessions.iter().map(|session| session.post("/api/auth/logout", Value::Null))).await {
        reply.ok();
    }
    for session in &sessions {
        refused(PATH, &session.get(PATH).await, 401);
    }
    lasting.get(PATH).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_everywhere_ends_every_session_and_the_key() {
    let steward = Steward::start(StewardOptions::default()).await;
    let first = steward.user("anna").await;
    let second = steward.client().login("anna", PASSWORD).await;
    let key = steward.client().with_key(&new_key(&first).await);
    second.post("/api/auth/logout", json!({"everywhere": true})).await.ok();
    for ended in [&first, &second, &key] {
        refused(PATH, &ended.get(PATH).await, 401);
    }
    steward.client().login("anna", PASSWORD).await.get(PATH).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_every_token_of_the_session() {
    let steward = Steward::start(StewardOptions::default()).await;
    let first = steward.user("anna").await;
    let other = steward.client().login("anna", PASSWORD).await;
    let token = first.post("/api/auth/refresh", Value::Null).await.ok();
    let second = steward.client().with_token(token["token"].as_str().unwrap());
    steward.clock.advance(Duration::from_secs(3600));
    let token = first.post("/api/auth/refresh", Value::Null).await.ok();
    let third = steward.client().with_token(token["token"].as_str().unwrap());
    second.post("/api/auth/logout", Value::Null).await.ok();
    for ended in [&first, &second, &third] {
        refused(PATH, &ended.get(PATH).await, 401);
    }
    other.get(PATH).await.ok();
    // The newest token would have lived an hour longer than the one that logged out.
    steward.clock.advance(Duration::from_secs(23 * 3600 + 1800));
    refused(PATH, &third.get(PATH).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refreshed_session_outlives_the_one_it_came_from() {
    let steward = Steward::start(StewardOptions::default()).await;
    let user = steward.user("anna").await;
    steward.clock.advance(Duration::from_secs(23 * 3600));
    let refreshed = user.post("/api/auth/refresh", Value::Null).await.ok();
    let refreshed = steward.client().with_token(refreshed["token"].as_str().unwrap());
    user.get(PATH).await.ok();
    steward.clock.advance(Duration::from_secs(2 * 3600));
    refused(PATH, &user.get(PATH).await, 401);
    refreshed.get(PATH).await.ok();
    refused("/api/auth/refresh", &user.post("/api/auth/refresh", Value::Null).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_user_is_out_at_once_and_comes_back_without_their_old_sessions_and_key() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let user = steward.user("anna").await;
    let (id, key) = (id(&user).await, steward.client().with_key(&new_key(&user).await));
    let suspended = admin.post(&format!("/api/v1/users/{id}/suspend"), json!({})).await.ok();
    assert_eq!(suspended["data"]["status"], "suspended");
    for caller in [&user, &key] {
        refused(PATH, &caller.get(PATH).await, 401);
    }
    for path in ["/api/auth/login", "/api/login", "/api/v1/users/login"] {
        let right = json!({"username": "anna", "password": PASSWORD});
        let message = refused(path, &steward.client().post(path, right).await, 403);
        assert_eq!(message, "this account is suspended; ask an administrator");
        // Who does not know the password is not told.
        let wrong = json!({"username": "anna", "password": "a wrong password"});
        refused(path, &steward.client().post(path, wrong).await, 401);
    }

    let back = admin.post(&format!("/api/v1/users/{id}/reactivate"), json!({})).await.ok();
    assert_eq!(back["data"]["status"], "active");
    for caller in [&user, &key] {
        refused(PATH, &caller.get(PATH).await, 401);
    }
    steward.client().login("anna", PASSWORD).await.get(PATH).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_is_gone_for_good() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let user = steward.user("anna").await;
    let (id, key) = (id(&user).await, steward.client().with_key(&new_key(&user).await));
    let path = format!("/api/v1/users/{id}");
    assert_eq!(admin.delete(&path).await.ok()["data"]["status"], "deleted");
    for caller in [&user, &key] {
        refused(PATH, &caller.get(PATH).await, 401);
    }
    let right = json!({"username": "anna", "password": PASSWORD});
    let reply = steward.client().post("/api/auth/login", right).await;
    assert_eq!(refused("/api/auth/login", &reply, 401), "Invalid username or password");
    for reply in [
        admin.delete(&path).await,
        admin.post(&format!("{path}/suspend"), json!({})).await,
        admin.post(&format!("{path}/reactivate"), json!({})).await,
        admin.put(&path, json!({"role": "admin"})).await,
    ] {
        assert_eq!(refused(&path, &reply, 409), "the user was deleted");
    }
    assert_eq!(admin.get(&path).await.ok()["data"]["status"], "deleted");
}
