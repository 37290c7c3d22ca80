use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use system_tests::steward::{ADMIN_PASSWORD, Client, Reply, Steward, StewardOptions, eventually};

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
    let here = steward.client().from_source([127, 0, 0, 3].into());
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
    let caller = steward.client().from_source([127, 0, 0, 3].into());
    let guesses = at_once((0..10).map(|_| login(&caller, LOGINS[0], "anna", "a wrong password"))).await;
    assert!(guesses.iter().all(|reply| reply.status == StatusCode::UNAUTHORIZED));
    assert_eq!(login(&caller, LOGINS[0], "anna", PASSWORD).await.status, 429);
}

/// Whoever sends all guesses before the first is answered gets no more of them checked.
#[tokio::test(flavor = "multi_thread")]
async fn of_120_guesses_at_once_ten_are_checked() {
    let steward = Steward::start(StewardOptions::default()).await;
    steward.user("anna").await;
    let caller = steward.client().from_source([127, 0, 0, 3].into());
    let guesses = at_once((0..120).map(|place| {
        let password = if place == 14 { PASSWORD } else { "a wrong password" };
        login(&caller, LOGINS[place % 3], "anna", password)
    }))
    .await;
    let with = |status: u16| guesses.iter().filter(|reply| reply.status == status).count();
    assert!(with(200) <= 1, "{}", with(200));
    assert_eq!(with(200) + with(401) + with(429), 120);
    // A right one among the ten that are checked forgets the failures before it.
    assert!(with(401) <= 10 + 10 * with(200), "{}", with(401));
    if with(200) == 0 {
        assert_eq!(with(401), 10);
    }
}

/// The administrator at their own desk is not locked out by a colleague who guesses, nor does the colleague get in.
#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_passes_the_lock_at_a_known_source() {
    let steward = Steward::start(StewardOptions::default()).await;
    steward.admin().await;
    let desk = steward.client();
    for attempt in 0..15 {
        let expected = if attempt < 10 { 401 } else { 429 };
        refused(LOGINS[0], &login(&desk, LOGINS[0], "admin", "a wrong password").await, expected);
    }
    login(&desk, LOGINS[0], "admin", ADMIN_PASSWORD).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_from_many_sources_have_a_limit_that_does_not_lock_out_the_owner() {
    let steward = Steward::start(StewardOptions::default()).await;
    steward.admin().await;
    let stranger = |n: u8| steward.client().from_source([127, 0, 1, n].into());
    for n in 1..=10 {
        let caller = stranger(n);
        let guesses = at_once((0..12).map(|_| login(&caller, LOGINS[0], "admin", "a wrong password"))).await;
        assert_eq!(guesses.iter().filter(|reply| reply.status == StatusCode::UNAUTHORIZED).count(), 10);
    }
    let eleventh = stranger(11);
    for password in ["a wrong password", ADMIN_PASSWORD] {
        refused(LOGINS[0], &login(&eleventh, LOGINS[0], "admin", password).await, 429);
    }
    login(&steward.client(), LOGINS[0], "admin", ADMIN_PASSWORD).await.ok();
    steward.clock.advance(Duration::from_secs(3601));
    login(&eleventh, LOGINS[0], "admin", ADMIN_PASSWORD).await.ok();
}

/// Behind a proxy that the operator trusts everybody is a source of their own, in the audit too.
#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_says_who_guesses() {
    let arguments = vec!["--trusted-proxies=127.0.0.1".to_owned()];
    let steward = Steward::start(StewardOptions { arguments, ..Default::default() }).await;
    let from = |address: &str| steward.client().with_header("x-forwarded-for", address);
    // What the attacker wrote stands before what the proxy appended.
    for n in 0..12 {
        let forged = format!("198.51.100.{n}, 203.0.113.5");
        login(&from(&forged), LOGINS[0], "admin", "a wrong password").await;
    }
    refused(LOGINS[0], &login(&from("203.0.113.5"), LOGINS[0], "admin", ADMIN_PASSWORD).await, 429);
    login(&from("198.51.100.1"), LOGINS[0], "admin", ADMIN_PASSWORD).await.ok();

    let admin = steward.admin().await;
    let sources = eventually("the logins in the audit", async || {
        let audit = admin.get("/api/audit?limit=100").await.ok();
        let logins = audit["entries"].as_array()?.iter().filter(|entry| entry["action"] == "POST /api/auth/login");
        let sources: Vec<String> = logins.filter_map(|entry| entry["source"].as_str().map(str::to_owned)).collect();
        // The ten that were checked, the login elsewhere, and the one that reads this; what the lock refused is counted.
        (sources.len() >= 12).then_some(sources)
    })
    .await;
    assert_eq!(sources.iter().filter(|source| *source == "203.0.113.5").count(), 10, "{sources:?}");
    assert!(sources.contains(&"198.51.100.1".to_owned()), "{sources:?}");
    assert!(!sources.iter().any(|source| source.starts_with("198.51.100.") && source != "198.51.100.1"), "{sources:?}");
}

/// The time cannot tell who has an account where both ways make the same calls.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_has_takes_the_same_calls() {
    let steward = Steward::start(StewardOptions { idle: true, ..Default::default() }).await;
    steward.user("anna").await;
    let caller = steward.client().from_source([127, 0, 0, 3].into());
    for _ in 0..14 {
        let mut calls = Vec::new();
        for name in ["anna", "nobody", "anna@example.com", "nobody@example.com"] {
            steward.store.take();
            login(&caller, LOGINS[0], name, "a wrong password").await;
            calls.push(steward.store.take());
        }
        assert_eq!((&calls[0], &calls[2]), (&calls[1], &calls[3]));
    }
}
