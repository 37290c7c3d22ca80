use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use system_tests::steward::{Client, Reply, Steward, StewardOptions};

use super::PASSWORD;
use super::uniqueness::at_once;
use crate::api::refused;

const LOGINS: [&str; 3] = ["/api/auth/login", "/api/login", "/api/v1/users/login"];

async fn login(caller: &Client, path: &str, name: &str, password: &str) -> Reply {
    caller.post(path, json!({"username": name, "password": password})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_failed_logins_lock_the_name_for_the_source() {
    let steward = Steward::start(StewardOptions::default()).await;
    for name in ["anna", "bert"] {
        steward.user(name).await;
    }
    let here = steward.client();
    for attempt in 0..10 {
        let path = LOGINS[attempt % 3];
        // One account, whichever of its names is tried.
        let name = ["anna", "ANNA", "anna@example.com", "Anna"][attempt % 4];
        refused(path, &login(&here, path, name, "a wrong password").await, 401);
    }
    for path in LOGINS {
        for password in ["a wrong password", PASSWORD] {
            let reply = login(&here, path, "anna", password).await;
            assert_eq!(refused(path, &reply, 429), "too many failed logins; try again in 15 minutes");
            let after: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((890..=900).contains(&after), "{after}");
        }
    }
    // Another name, and the same name from elsewhere, are not locked.
    login(&here, LOGINS[0], "bert", PASSWORD).await.ok();
    let elsewhere = here.from_source([127, 0, 0, 2].into());
    login(&elsewhere, LOGINS[0], "anna", PASSWORD).await.ok();
    // That login does not free the source that is locked; a forwarded address does not either.
    assert_eq!(login(&here, LOGINS[0], "anna", PASSWORD).await.status, 429);
    let forged = here.with_header("x-forwarded-for", "192.0.2.1");
    assert_eq!(login(&forged, LOGINS[0], "anna", PASSWORD).await.status, 429);

    steward.clock.advance(Duration::from_secs(16 * 60));
    login(&here, LOGINS[0], "anna", PASSWORD).await.ok();
}

/// A name nobody has is locked in the same way: the answers do not tell who exists.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_has_is_answered_alike() {
    let steward = Steward::start(StewardOptions::default()).await;
    steward.user("anna").await;
    for _ in 0..11 {
        let known = login(&steward.client(), LOGINS[0], "anna", "a wrong password").await;
        let unknown = login(&steward.client(), LOGINS[0], "nobody", "a wrong password").await;
        assert_eq!((known.status, &known.json), (unknown.status, &unknown.json));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_forgets_the_failures_before_it() {
    let steward = Steward::start(StewardOptions::default()).await;
    steward.user("anna").await;
    for _ in 0..3 {
        for _ in 0..9 {
            refused(LOGINS[0], &login(&steward.client(), LOGINS[0], "anna", "a wrong password").await, 401);
        }
        login(&steward.client(), LOGINS[0], "anna", PASSWORD).await.ok();
    }
}

/// Guesses sent all at once are counted all: the right one, when it is the last, comes too late.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_are_counted_each() {
    let steward = Steward::start(StewardOptions::default()).await;
    steward.user("anna").await;
    let caller = steward.client();
    let guesses = at_once((0..10).map(|_| login(&caller, LOGINS[0], "anna", "a wrong password"))).await;
    assert!(guesses.iter().all(|reply| reply.status == StatusCode::UNAUTHORIZED));
    assert_eq!(login(&caller, LOGINS[0], "anna", PASSWORD).await.status, 429);
}
