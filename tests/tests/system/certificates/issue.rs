use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::Lab;

#[tokio::test(flavor = "multi_thread")]
async fn a_wildcard_and_its_apex_from_order_to_download() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let body = json!({"domain": "example.com", "issuer": "pebble", "note": "the shop", "alt_domains": "*.example.com"});
    let ordered = lab.admin.post("/api/certificates", body).await.expect(201);
    let id = ordered["id"].as_i64().unwrap();
    assert_eq!(ordered["verification_status"], "pending");
    let info = &ordered["verification_info"];
    assert_eq!((&info["host"], &info["type"]), (&json!("_acme-challenge.example.com"), &json!("TXT")));
    let records = ordered["verification_records"].as_array().unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["host"], records[1]["host"], "a wildcard and its apex share a host");
    assert_ne!(records[0]["value"], records[1]["value"], "with a value each");

    // Nothing is there yet: the CA is not bothered.
    let path = format!("/api/certificates/{id}");
    let missing = lab.admin.post(&format!("{path}/verify"), json!({})).await.expect(200);
    assert_eq!((&missing["success"], &missing["certificate"]["status"]), (&json!(false), &json!("unissued")));
    let message = missing["message"].as_str().unwrap();
    for part in ["_acme-challenge.example.com", records[0]["value"].as_str().unwrap(), "127.0.0.1:", "no TXT record"] {
        assert!(message.contains(part), "'{part}' is not in: {message}");
    }

    lab.make_records(&ordered).await;
    let operation = lab.verify(id).await;
    let ended = lab.ended(operation).await;
    assert_eq!((&ended["state"], &ended["percent"]), (&json!("succeeded"), &json!(100)), "{ended}");
    for step in ended["steps"].as_array().unwrap() {
        assert!(step["state"] == "succeeded" && step["started_at"].is_string() && step["finished_at"].is_string());
    }

    let shown = lab.admin.get(&path).await.ok();
    assert_eq!((&shown["status"], &shown["verification_status"]), (&json!("issued"), &json!("verified")));
    assert_eq!((&shown["alt_domains"], &shown["note"]), (&json!("*.example.com"), &json!("the shop")));
    assert_eq!(shown["days_remaining"], 89);
    let pem = lab.admin.get(&format!("{path}/download?format=fullchain")).await;
    assert_eq!(system_tests::openssl::names(&pem.bytes), ["*.example.com", "example.com"]);
    let listed = lab.admin.get("/api/certificates?search=SHOP").await.ok();
    assert_eq!((&listed["total"], &listed["certificates"][0]["id"]), (&json!(1), &json!(id)));
    let again = lab.admin.post(&format!("{path}/verify"), Value::Null).await.expect(409);
    assert_eq!(
        again["error"],
        format!("the certificate is issued already; POST /api/certificates/{id}/renew renews it")
    );
}
