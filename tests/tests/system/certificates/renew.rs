use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use system_tests::peers::{Pebble, PebbleOptions, Port};
use system_tests::steward::{Lab, StewardOptions, eventually};
use system_tests::{need, openssl};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A Steward beside a Pebble that says when to renew.
async fn lab(options: PebbleOptions) -> Option<Lab> {
    let pebble = Pebble::with_ari(options).await?;
    let directory = pebble.directory_url();
    Some(Lab::beside(pebble, &directory, StewardOptions::default()).await)
}

async fn shown(lab: &Lab, id: i64) -> Value {
    // A day passes in most of these tests, and a session with it.
    lab.steward.admin().await.get(&format!("/api/certificates/{id}")).await.ok()
}

async fn pem(lab: &Lab, id: i64) -> String {
    let path = format!("/api/certificates/{id}/download?format=fullchain");
    String::from_utf8(lab.steward.admin().await.get(&path).await.bytes).unwrap()
}

async fn until(lab: &Lab, id: i64, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || Some(shown(lab, id).await).filter(|shown| holds(shown))).await
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_of_the_ca_is_asked_for_and_kept_to() {
    need!("pebble-challtestsrv");
    let Some(lab) = lab(PebbleOptions::default()).await else { return };
    let id = lab.issue(&["example.com"]).await;
    let before = shown(&lab, id).await;
    assert_eq!((&before["renewal"]["status"], &before["renewal"]["window_start"]), (&json!("idle"), &Value::Null));
    let left = time(&before["valid_to"]).duration_since(time(&before["renewal"]["due"]));
    assert!((30 * 24..=32 * 24).contains(&left.as_hours()), "a third of its life is left: {left}");

    lab.steward.clock.advance(HOUR);
    let told = until(&lab, id, "the CA's window", |shown| shown["renewal"]["window_start"].is_string()).await;
    let plan = &told["renewal"];
    let (start, end, due) = (time(&plan["window_start"]), time(&plan["window_end"]), time(&plan["due"]));
    assert!(start <= due && due <= end, "{plan}");
    let ahead = time(&plan["next_look"]).duration_since(Timestamp::now() + HOUR);
    assert!((11..=12).contains(&ahead.as_hours()), "asked again after half a day: {plan}");
    assert!(lab.pebble.log().contains("renewalInfo"), "{}", lab.pebble.log());

    // The window moves: the plan follows at the next look.
    let pem = pem(&lab, id).await;
    lab.pebble.suggest_renewal(&pem, "2031-01-01T00:00:00Z", "2031-01-02T00:00:00Z").await;
    lab.steward.clock.advance(12 * HOUR);
    let moved =
        until(&lab, id, "another window", |shown| shown["renewal"]["window_start"] != plan["window_start"]).await;
    assert_eq!(moved["renewal"]["window_end"], "2031-01-02T00:00:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_proven_by_hand_is_ordered_in_time_and_waits_for_its_record() {
    need!("pebble-challtestsrv");
    let Some(lab) = lab(PebbleOptions::default()).await else { return };
    let id = lab.issue(&["example.com", "*.example.com"]).await;
    let old = pem(&lab, id).await;
    let first = shown(&lab, id).await;
    lab.pebble.suggest_renewal(&old, "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z").await;
    lab.steward.clock.advance(2 * HOUR);
    let waiting = until(&lab, id, "the order", |shown| shown["renewal"]["status"] == "awaiting_records").await;
    assert_eq!((&waiting["status"], &waiting["fingerprint"]), (&json!("issued"), &first["fingerprint"]));
    let admin = lab.steward.admin().await;
    let path = format!("/api/certificates/{id}");
    let asked = admin.post(&format!("{path}/verify"), json!({})).await.ok();
    assert_eq!(asked["success"], false, "the old records prove nothing: {asked}");
    assert_eq!(pem(&lab, id).await, old, "what is valid can be fetched throughout");

    lab.make_records(&waiting).await;
    let started = admin.post(&format!("{path}/verify"), json!({})).await.ok();
    assert_eq!(started["success"], true, "{started}");
    let renewed = until(&lab, id, "the renewal", |shown| shown["version"] == 1).await;
    assert_ne!(renewed["fingerprint"], first["fingerprint"]);
    assert_eq!((&renewed["status"], &renewed["renewal"]["status"]), (&json!("issued"), &json!("idle")));
    let new = pem(&lab, id).await;
    let public_key = |pem: &str| openssl::run(&["x509", "-noout", "-pubkey"], pem.as_bytes());
    assert_ne!(public_key(&old), public_key(&new), "a new key each time");
    let key = admin.get(&format!("{path}/download?format=key")).await.bytes;
    assert_eq!(openssl::run(&["pkey", "-pubout"], &key), public_key(&new), "and the key that goes with it");
    assert!(lab.pebble.log().contains("is a replacement of"), "the CA heard what is replaced: {}", lab.pebble.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn is_renewed_when_asked_but_not_within_an_hour_of_the_last() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let id = lab.issue(&["example.com"]).await;
    let path = format!("/api/certificates/{id}/renew");
    let refused = lab.admin.post(&path, json!({})).await.expect(409);
    let words = "the certificate was issued less than an hour ago; it can be renewed from ";
    assert!(refused["error"].as_str().unwrap().starts_with(words), "{refused}");

    lab.admin.put(&format!("/api/certificates/{id}"), json!({"reuse_key": true})).await.ok();
    let key = lab.admin.get(&format!("/api/certificates/{id}/download?format=key")).await.bytes;
    lab.steward.clock.advance(2 * HOUR);
    let asked = lab.admin.post(&path, json!({})).await.expect(202);
    assert_eq!(
        lab.admin.post(&path, json!({})).await.expect(202)["message"],
        asked["message"],
        "asked twice, ordered once"
    );
    lab.make_records(&asked).await;
    let operation = lab.verify(id).await;
    assert_eq!(lab.ended(operation).await["state"], "succeeded");
    let renewed = lab.admin.get(&format!("/api/certificates/{id}/download?format=key")).await.bytes;
    assert_eq!(key, renewed, "the key was to be kept");
    assert_eq!(shown(&lab, id).await["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_shall_not_be_renewed_is_left_alone() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let ids = [lab.issue(&["a.example.com"]).await, lab.issue(&["b.example.com"]).await];
    lab.admin.put(&format!("/api/certificates/{}", ids[0]), json!({"auto_renew": false})).await.ok();
    lab.steward.clock.advance(61 * DAY);
    until(&lab, ids[1], "its renewal", |shown| shown["renewal"]["status"] == "awaiting_records").await;
    assert_eq!(shown(&lab, ids[0]).await["renewal"]["status"], "idle");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_one_of_the_ca_and_decides_how_long_it_lives() {
    need!("pebble-challtestsrv");
    let profiles = vec![("classic", 90 * 24 * 3600), ("shortlived", 6 * 24 * 3600)];
    let Some(lab) = lab(PebbleOptions { profiles, ..PebbleOptions::default() }).await else { return };
    let order = |profile: &str| json!({"domain": "example.com", "issuer": "pebble", "profile": profile});
    let refused = lab.admin.post("/api/certificates", order("tlsserver")).await.expect(400);
    assert_eq!(refused["error"], "profile: must be one of those of pebble: classic, shortlived");
    let ordered = lab.order_with(order("shortlived")).await;
    let id = lab.finish(&ordered).await;
    let shown = shown(&lab, id).await;
    assert_eq!((&shown["profile"], &shown["days_remaining"]), (&json!("shortlived"), &json!(5)));
    let left = time(&shown["valid_to"]).duration_since(time(&shown["renewal"]["due"]));
    assert!((72..=76).contains(&left.as_hours()), "half of a short life is left: {left}");
}

/// A Steward that answers its CA's questions over HTTP.
async fn answering() -> Lab {
    let port = Port::claim();
    let pebble = Pebble::start(PebbleOptions { http_port: Some(port.number()), ..PebbleOptions::default() }).await;
    let directory = pebble.directory_url();
    let options = StewardOptions { listen: Some(port.address()), ..StewardOptions::default() };
    Lab::beside(pebble, &directory, options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_waits_for_records_goes_on_once_steward_proves_its_names() {
    need!("pebble", "pebble-challtestsrv");
    let lab = answering().await;
    let id = lab.issue(&["example.com"]).await;
    lab.steward.clock.advance(61 * DAY);
    until(&lab, id, "its order", |shown| shown["renewal"]["status"] == "awaiting_records").await;
    let admin = lab.steward.admin().await;
    admin.put(&format!("/api/certificates/{id}"), json!({"challenge": "http"})).await.ok();
    until(&lab, id, "its renewal", |shown| shown["version"] == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_renews_nothing() {
    need!("pebble", "pebble-challtestsrv");
    let lab = answering().await;
    let account = lab.account(&lab.admin, "spare@example.com").await;
    let order = json!({"domain": "example.com", "account_id": account, "challenge": "http"});
    let ordered = lab.order_with(order).await;
    assert_eq!(lab.ended(ordered["operation_id"].as_i64().unwrap()).await["state"], "succeeded");
    lab.admin.post("/api/v1/acme/accounts/disable", json!({"id": account})).await.ok();
    lab.steward.clock.advance(2 * HOUR);
    let asked = lab.admin.post(&format!("/api/certificates/{}/renew", ordered["id"]), json!({})).await.expect(202);
    let ended = lab.ended(asked["operation_id"].as_i64().unwrap()).await;
    assert_eq!(ended["state"], "failed");
    assert!(ended["error"].as_str().unwrap().contains("is disabled; enable it with"), "{ended}");
}
