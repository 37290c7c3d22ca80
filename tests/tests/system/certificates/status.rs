use std::time::Duration;

use serde_json::{Value, json};
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Lab, eventually};
use system_tests::{need, openssl};

const COURSE: [&str; 4] = ["unissued", "verifying", "issuing", "issued"];

#[tokio::test(flavor = "multi_thread")]
async fn goes_one_way_from_unissued_to_issued() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    // The largest key takes long enough to be seen being made.
    let body = json!({"domain": "example.com", "issuer": "pebble", "encryption_type": "RSA-4096"});
    let ordered = lab.order_with(body).await;
    let path = format!("/api/certificates/{}", ordered["id"]);
    let mut seen: Vec<(String, String)> = Vec::new();
    let mut look = async || {
        let shown = lab.admin.get(&path).await.ok();
        let word = |field: &str| shown[field].as_str().unwrap().to_owned();
        let pair = (word("status"), word("verification_status"));
        if seen.last() != Some(&pair) {
            seen.push(pair);
        }
        shown
    };
    let shown = look().await;
    for field in ["valid_from", "valid_to", "days_remaining", "cert_path", "key_path", "operation_id", "error"] {
        assert_eq!(shown[field], Value::Null, "{field}");
    }
    lab.make_records(&ordered).await;
    let operation = lab.verify(ordered["id"].as_i64().unwrap()).await;
    loop {
        let shown = look().await;
        if shown["status"] == "issued" {
            break;
        }
        assert!(["verifying", "issuing"].contains(&shown["status"].as_str().unwrap()), "{shown}");
        assert_eq!(shown["operation_id"], operation, "who is at work: {shown}");
    }
    let course = seen.iter().map(|(status, _)| COURSE.iter().position(|word| word == status).unwrap());
    assert!(course.is_sorted(), "{seen:?}");
    assert!(seen.contains(&("issuing".into(), "verified".into())), "{seen:?}");
    assert_eq!(seen.first().unwrap().1, "pending");
    assert_eq!(seen.last().unwrap(), &("issued".to_owned(), "verified".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_ca_is_down_an_order_waits_and_says_why() {
    need!("pebble", "pebble-challtestsrv");
    let mut lab = Lab::start(PebbleOptions::default()).await;
    let ordered = lab.order(&["example.com"]).await;
    let id = ordered["id"].as_i64().unwrap();
    lab.make_records(&ordered).await;
    lab.pebble.stop();
    let operation = lab.verify(id).await;
    let path = format!("/api/certificates/{id}");
    let shown = lab.admin.get(&path).await.ok();
    assert_eq!((&shown["status"], &shown["operation_id"]), (&json!("verifying"), &json!(operation)));

    let waiting = eventually("a reason", async || {
        let shown = lab.admin.get(&format!("/api/operations/{operation}")).await.ok();
        shown["steps"][0]["detail"].is_string().then_some(shown)
    });
    let waiting = waiting.await;
    assert_eq!((&waiting["state"], &waiting["percent"]), (&json!("running"), &json!(0)));
    assert!(waiting["steps"][0]["detail"].as_str().unwrap().contains("cannot be reached"), "{waiting}");

    let refused = lab.admin.get(&format!("{path}/download")).await.expect(409);
    let words = format!("certificate {id} is not issued yet; GET /api/operations/{operation} shows how far it is");
    assert_eq!(refused["error"], words);
    let refused = lab.admin.delete(&path).await.expect(409);
    let words = format!("the certificate is being issued; delete it when operation {operation} has ended");
    assert_eq!(refused["error"], words);
    assert_eq!(lab.admin.post("/api/certificates/cleanup", json!({})).await.ok()["count"], 0);
    assert_eq!(lab.admin.get(&path).await.ok()["status"], "verifying");
    let again = lab.admin.post(&format!("{path}/verify"), json!({})).await.ok();
    assert_eq!(again["operation_id"], operation, "asking again does not start it again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dates_are_those_of_the_certificate() {
    need!("pebble", "pebble-challtestsrv", "openssl");
    for days in [1, 30] {
        let validity = days * 24 * 60 * 60 + 3600;
        let lab = Lab::start(PebbleOptions { validity, ..PebbleOptions::default() }).await;
        let id = lab.issue(&["example.com"]).await;
        let shown = lab.admin.get(&format!("/api/certificates/{id}")).await.ok();
        let pem = lab.admin.get(&format!("/api/certificates/{id}/download?format=fullchain")).await.bytes;
        let dates = openssl::run(&["x509", "-noout", "-dates", "-dateopt", "iso_8601"], &pem);
        let date = |field: &str| shown[field].as_str().unwrap().replace('T', " ");
        let expected = format!("notBefore={}\nnotAfter={}\n", date("valid_from"), date("valid_to"));
        assert_eq!(dates, expected);
        assert_eq!(shown["days_remaining"], days);
        let serial = openssl::run(&["x509", "-noout", "-serial"], &pem);
        assert_eq!(serial.trim(), format!("serial={}", shown["serial"].as_str().unwrap().to_uppercase()));
        let fingerprint = openssl::run(&["x509", "-noout", "-fingerprint", "-sha256"], &pem).replace(':', "");
        let shown = shown["fingerprint"].as_str().unwrap().to_uppercase();
        assert!(fingerprint.trim().ends_with(&shown), "{fingerprint}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_its_last_day_a_certificate_has_expired() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let id = lab.issue(&["example.com"]).await;
    let path = format!("/api/certificates/{id}");
    let day = Duration::from_secs(24 * 60 * 60);
    for (days, status, left) in [(89, "issued", 0), (1, "expired", -1), (10, "expired", -11)] {
        lab.steward.clock.advance(day * days);
        let admin = lab.steward.admin().await;
        let shown = admin.get(&path).await.ok();
        assert_eq!((&shown["status"], &shown["days_remaining"]), (&json!(status), &json!(left)));
        assert_eq!(shown["verification_status"], "verified");
        let listed = admin.get("/api/certificates").await.ok();
        assert_eq!(listed["certificates"][0]["status"], status);
    }
    let admin = lab.steward.admin().await;
    let renewal = async || Some(admin.get(&path).await.ok()).filter(|shown| shown["renewal"]["status"] != "idle");
    assert_eq!(eventually("its renewal", renewal).await["renewal"]["status"], "awaiting_records");
    let asked = admin.post(&format!("{path}/verify"), json!({})).await.ok();
    assert!(asked["message"].as_str().unwrap().contains("is not there yet"), "it waits for another record: {asked}");
    assert_eq!(admin.get(&format!("{path}/download")).await.status, 200, "it can still be fetched");
}
