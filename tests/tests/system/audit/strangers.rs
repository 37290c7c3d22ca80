//! Refused requests of strangers are counted: they do not fill the trail.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::steward::{Steward, StewardOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{entries, trail, verdict};

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_of_strangers_are_counted_and_not_recorded() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, nobody) = (steward.admin().await, steward.client());
    entries(&admin, "POST /api/auth/login", 1).await;
    steward.store.take();
    for _ in 0..30 {
        nobody.get("/api/verify_email?token=x").await.expect(400);
        for path in ["/api/login", "/api/auth/login", "/api/v1/users/login", "/api/add_user", "/api/v1/users/register"]
        {
            let reply = nobody.send(Method::POST, path, Some("{\"surprise\": 1}".into())).await;
            assert_eq!(reply.status, 400, "{path}");
        }
        nobody.send(Method::POST, "/api/send_verification_email", Some("[".into())).await.expect(400);
    }
    let written: Vec<_> = steward.store.take().into_iter().filter(|call| call.contains("audit")).collect();
    assert_eq!(written, Vec::<String>::new());
    assert_eq!(trail(&admin).await.len(), 1);

    // An hour later one entry says how many they were.
    steward.clock.advance(Duration::from_secs(3601));
    nobody.get("/api/verify_email?token=x").await.expect(400);
    let counted = entries(&admin, "requests.refused", 1).await.remove(0);
    assert_eq!(counted["target"], "127.0.0.1");
    let result = counted["result"].as_str().unwrap();
    assert!(
        result.contains("GET /api/verify_email 30 times") && result.contains("POST /api/login 30 times"),
        "{result}"
    );
    verdict(&steward).await.unwrap();
}

/// Guesses are recorded one by one, up to a hundred an hour from one source.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_wrong_logins_is_counted() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, nobody) = (steward.admin().await, steward.client());
    let guesses = (0..130).map(|n| {
        let nobody = &nobody;
        async move {
            let body = json!({"username": format!("nobody-{n}"), "password": "a-wrong-password"});
            assert!(nobody.post("/api/login", body).await.status.is_client_error());
        }
    });
    futures_util::future::join_all(guesses).await;
    let recorded = entries(&admin, "POST /api/login", 100).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(entries(&admin, "POST /api/login", 100).await.len(), recorded.len());
    assert!(recorded.len() <= 100, "{}", recorded.len());
    // Who is right is let in, and recorded.
    steward.admin().await;
    entries(&admin, "POST /api/auth/login", 2).await;
}

/// What needs no credentials and changes something is recorded before it is done: when no more is recorded, it is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_mails_that_are_asked_for_ends() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, nobody) = (steward.admin().await, steward.client());
    let mut refused = 0;
    for n in 0..120 {
        let mail = json!({"email": format!("nobody-{n}@example.com")});
        let reply = nobody.post("/api/send_verification_email", mail).await;
        if reply.status == 429 {
            refused += 1;
            assert!(reply.headers.contains_key("retry-after"));
        }
    }
    assert!(refused >= 20, "{refused}");
    // Who has credentials is none of them.
    let new = json!({"username": "anna", "password": "a good password", "email": "anna@example.com"});
    admin.post("/api/add_user", new).await.ok();
    steward.clock.advance(Duration::from_secs(3601));
    nobody.post("/api/send_verification_email", json!({"email": "nobody@example.com"})).await.ok();
}

/// A request that takes longer than a minute has its outcome in the trail.
#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_of_a_long_request_is_known() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let whole = json!({"name": "mail", "kind": "email", "address": "ops@example.com"}).to_string();
    let (name, value) = admin.credentials().unwrap();
    let mut slow = TcpStream::connect(steward.url().trim_start_matches("http://")).await.unwrap();
    let head = format!(
        "POST /api/channels HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n{name}: {value}\r\n\r\n",
        whole.len()
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    // The caller is known and the entry begun; the body comes 100 seconds later.
    tokio::time::sleep(Duration::from_millis(500)).await;
    steward.clock.advance(Duration::from_secs(100));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(!trail(&admin).await.iter().any(|entry| entry["action"] == "POST /api/channels"));
    slow.write_all(whole.as_bytes()).await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let entry = entries(&admin, "POST /api/channels", 1).await.remove(0);
    assert_eq!((&entry["status"], &entry["user_id"]), (&json!(201), &json!(1)));
    assert_ne!(entry["made_id"], Value::Null);
}
