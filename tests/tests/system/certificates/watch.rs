//! The periodic look for records that an owner has to make (000 §5.1).

use std::time::Duration;

use domain::certificates;
use domain::ids::CertificateId;
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Lab, eventually};

const MINUTE: Duration = Duration::from_secs(60);

async fn shown(lab: &Lab, id: i64) -> Value {
    lab.steward.admin().await.get(&format!("/api/certificates/{id}")).await.ok()
}

async fn until(lab: &Lab, id: i64, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || Some(shown(lab, id).await).filter(|shown| holds(shown))).await
}

fn statuses(shown: &Value) -> Vec<&str> {
    let records = shown["verification_records"].as_array().unwrap();
    records.iter().map(|record| record["status"].as_str().unwrap()).collect()
}

/// Titles and texts of what was told of missing records.
async fn reminders(lab: &Lab) -> Vec<String> {
    let listed = lab.steward.admin().await.get("/api/alerts").await.ok();
    let alerts = listed["alerts"].as_array().unwrap();
    let needed = alerts.iter().filter(|alert| alert["kind"] == "record_needed");
    needed.map(|alert| alert["message"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_on_by_itself_once_its_records_are_there() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let ordered = lab.order(&["example.com", "*.example.com"]).await;
    let id = ordered["id"].as_i64().unwrap();
    lab.steward.clock.advance(MINUTE);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(statuses(&shown(&lab, id).await), ["pending", "pending"]);
    assert!(!lab.pebble.log().contains("/chalZ/"), "the CA was not bothered");

    lab.make_records(&ordered).await;
    lab.steward.clock.advance(2 * MINUTE);
    let issued = until(&lab, id, "its certificate", |shown| shown["status"] == "issued").await;
    assert_eq!((statuses(&issued), &issued["verification_status"]), (vec!["verified", "verified"], &json!("verified")));
    let listed = lab.admin.get("/api/certificates").await.ok();
    assert_eq!(listed["certificates"][0]["verification_status"], "verified", "{listed}");

    // A renewal that waits for its records goes on by itself too.
    lab.steward.clock.advance(Duration::from_secs(2 * 60 * 60));
    let asked = lab.admin.post(&format!("/api/certificates/{id}/renew"), json!({})).await.expect(202);
    assert_eq!(statuses(&shown(&lab, id).await), ["pending", "pending"]);
    lab.make_records(&asked).await;
    lab.steward.clock.advance(MINUTE);
    let renewed = until(&lab, id, "its renewal", |shown| shown["version"] == 1).await;
    assert_eq!(statuses(&renewed), ["verified", "verified"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_owner_is_reminded_after_an_hour_and_after_a_day() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let ordered = lab.order(&["example.com"]).await;
    let id = ordered["id"].as_i64().unwrap();
    lab.steward.clock.advance(59 * MINUTE);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(reminders(&lab).await, [""; 0]);
    lab.steward.clock.advance(MINUTE);
    let value = ordered["verification_info"]["value"].as_str().unwrap();
    let first = eventually("a reminder", async || Some(reminders(&lab).await).filter(|told| told.len() == 1)).await;
    for words in ["has been missing for an hour", "_acme-challenge.example.com", value, "goes on by itself"] {
        assert!(first[0].contains(words), "'{words}' is not in: {}", first[0]);
    }
    for _ in 0..23 {
        lab.steward.clock.advance(60 * MINUTE);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let told = eventually("another", async || Some(reminders(&lab).await).filter(|told| told.len() == 2)).await;
    assert!(told.iter().any(|text| text.contains("missing for a day")), "{told:?}");
    for _ in 0..30 {
        lab.steward.clock.advance(60 * MINUTE);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(reminders(&lab).await.len(), 2, "each is said once");

    lab.make_records(&ordered).await;
    lab.steward.clock.advance(60 * MINUTE);
    until(&lab, id, "its certificate", |shown| shown["status"] == "issued").await;
}

/// The row of an earlier version has no watch, and no schedule: the repair finds it.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_an_earlier_version_is_watched_from_the_next_repair_on() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let ctx = &lab.steward.ctx;
    let ordered = lab.order(&["example.com"]).await;
    let id = ordered["id"].as_i64().unwrap();
    let key = domain::ports::Key::of(id);
    let mut row: domain::entity::Stored<certificates::Certificate> =
        domain::entity::load(ctx.store.as_ref(), key).await.unwrap();
    row.value.order.as_mut().unwrap().watch = None;
    row.save(ctx.store.as_ref()).await.unwrap();
    lab.steward.clock.advance(60 * MINUTE);
    assert_eq!(certificates::repair(ctx).await.unwrap(), 1);
    lab.make_records(&ordered).await;
    certificates::wake(ctx, CertificateId(id)).await.unwrap();
    assert_eq!(statuses(&shown(&lab, id).await), ["verifying"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_order_stays_verified() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let ordered = lab.order(&["example.com"]).await;
    let id = ordered["id"].as_i64().unwrap();
    lab.make_records(&ordered).await;
    let operation = lab.verify(id).await;
    assert_eq!(lab.ended(operation).await["state"], "succeeded");
    let path = format!("/api/certificates/{id}");
    assert_eq!(statuses(&shown(&lab, id).await), ["verified"]);
    lab.admin.post(&format!("{path}/revoke"), json!({})).await;
    assert_eq!(statuses(&shown(&lab, id).await), ["verified"]);
}
