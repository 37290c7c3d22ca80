//! The same names, ordered again.

use serde_json::json;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::Lab;

use super::{check, report};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_order_made_before_is_said() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let order = json!({"domain": "b.example", "issuer": "pebble", "alt_domains": ["a.example"]});
    let shown = report(&lab.admin, order.clone()).await;
    let has = |shown: &serde_json::Value| shown["checks"].as_array().unwrap().iter().any(|c| c["check"] == "duplicate");
    assert!(!has(&shown), "{shown}");

    let ordered = lab.order(&["a.example", "b.example"]).await;
    let id = &ordered["id"];
    let shown = report(&lab.admin, order.clone()).await;
    let (state, detail) = check(&shown, "b.example", "duplicate");
    assert_eq!((state, &shown["ok"]), ("warning", &json!(true)), "{shown}");
    assert!(detail.contains(&format!("POST /api/certificates/{id}/verify, or delete it")), "{detail}");
    for other in [json!(["a.example", "c.example"]), json!([])] {
        let order = json!({"domain": "b.example", "issuer": "pebble", "alt_domains": other});
        assert!(!has(&report(&lab.admin, order).await), "other names");
    }
    let nobody_s = lab.steward.user("anna").await;
    assert!(!has(&report(&nobody_s, order.clone()).await), "what others order is nobody's business");

    lab.finish(&ordered).await;
    let shown = report(&lab.admin, order).await;
    let (_, detail) = check(&shown, "b.example", "duplicate");
    assert!(detail.contains(&format!("certificate {id} for the same names was issued at")), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_too_long_to_be_proven_is_refused() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let name = super::long(238);
    let refused = lab.admin.post("/api/certificates", json!({"domain": name, "issuer": "pebble"})).await.expect(400);
    assert!(refused["error"].as_str().unwrap().contains("no DNS record can prove it"), "{refused}");
}
