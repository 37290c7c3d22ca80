use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{Pebble, PebbleOptions, Port};
use system_tests::steward::{Lab, StewardOptions, eventually};

const CERTIFICATES: usize = 200;

async fn all(lab: &Lab) -> Vec<Value> {
    let admin = lab.steward.admin().await;
    let mut found = Vec::new();
    for page in 1.. {
        let listed = admin.get(&format!("/api/certificates?page={page}&per_page=50")).await.ok();
        let rows = listed["certificates"].as_array().unwrap();
        if rows.is_empty() {
            return found;
        }
        for row in rows {
            found.push(admin.get(&format!("/api/certificates/{}", row["id"])).await.ok());
        }
    }
    found
}

/// The CA says "renew now" of two hundred certificates: all are replaced, and none twice.
#[tokio::test(flavor = "multi_thread")]
async fn the_ca_calls_two_hundred_certificates_back() {
    need!("pebble-challtestsrv");
    let port = Port::claim();
    let options = PebbleOptions { http_port: Some(port.number()), ..PebbleOptions::default() };
    let Some(pebble) = Pebble::with_ari(options).await else { return };
    let directory = pebble.directory_url();
    let options = StewardOptions { listen: Some(port.address()), ..StewardOptions::default() };
    let lab = Lab::beside(pebble, &directory, options).await;
    let mut operations = Vec::new();
    for n in 0..CERTIFICATES {
        let order = json!({"domain": format!("n{n}.example.com"), "issuer": "pebble", "challenge": "http"});
        operations.push(lab.order_with(order).await["operation_id"].as_i64().unwrap());
    }
    for operation in operations {
        assert_eq!(lab.ended(operation).await["state"], "succeeded");
    }
    let before: BTreeMap<i64, Value> =
        all(&lab).await.into_iter().map(|shown| (shown["id"].as_i64().unwrap(), shown)).collect();
    assert_eq!(before.len(), CERTIFICATES);
    for id in before.keys() {
        let pem = lab.admin.get(&format!("/api/certificates/{id}/download?format=fullchain")).await.bytes;
        let pem = String::from_utf8(pem).unwrap();
        lab.pebble.suggest_renewal(&pem, "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z").await;
    }

    // Past the first question of each, and the hour in which none is ordered again.
    lab.steward.clock.advance(Duration::from_secs(2 * 60 * 60));
    let issued = || lab.pebble.log().matches("Issued certificate serial").count();
    for _ in 0..600 {
        if issued() >= 2 * CERTIFICATES {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let recorded = async || {
        let shown = all(&lab).await;
        shown.iter().all(|shown| shown["version"].as_i64() >= Some(1)).then_some(shown)
    };
    let after = eventually("two hundred renewals", recorded).await;
    let serials: BTreeSet<&str> = after.iter().map(|shown| shown["serial"].as_str().unwrap()).collect();
    assert_eq!(serials.len(), CERTIFICATES);
    for shown in &after {
        assert_eq!((&shown["version"], &shown["renewal"]["status"]), (&json!(1), &json!("idle")), "once: {shown}");
        assert_ne!(shown["serial"], before[&shown["id"].as_i64().unwrap()]["serial"]);
    }
    let log = lab.pebble.log();
    assert_eq!(issued(), 2 * CERTIFICATES, "none twice");
    assert_eq!(log.matches("is a replacement of").count(), CERTIFICATES, "the CA heard which is replaced");
}
