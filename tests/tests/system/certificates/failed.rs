use serde_json::json;
use system_tests::need;
use system_tests::peers::{ChallTestSrv, PebbleOptions};
use system_tests::steward::{Lab, eventually};

use super::keys;

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_not_proven_counts_against_the_ca_s_limit() {
    need!("pebble", "pebble-challtestsrv");
    let of_the_ca = ChallTestSrv::start().await;
    let lab = Lab::start(PebbleOptions { dns: Some(of_the_ca.dns_addr()), ..PebbleOptions::default() }).await;
    let limits = json!([{"kind": "failed_validations", "of": 5, "perSeconds": 3600}]);
    let (url, root) = (lab.pebble.directory_url(), lab.pebble.root_pem());
    let provider = json!({"name": "counted", "directoryUrl": url, "rootCaPem": root, "limits": limits});
    lab.admin.post("/api/v1/acme/providers/create", provider).await.ok();
    let account = json!({"providerName": "counted", "email": "ops@example.com"});
    lab.admin.post("/api/v1/acme/account/create", account).await.ok();
    let ordered = lab.order_with(json!({"domain": "example.com", "issuer": "counted"})).await;
    lab.make_records(&ordered).await;
    let operation = lab.verify(ordered["id"].as_i64().unwrap()).await;
    assert_eq!(lab.ended(operation).await["state"], "failed");
    let used = async || {
        let asked = json!({"domain": "example.com", "issuer": "counted"});
        let shown = lab.admin.post("/api/certificates/preflight", asked).await.ok();
        (shown["budget"][0]["used"] == 1).then_some(())
    };
    eventually("the count", used).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ca_refuses_is_shown_in_its_words_and_can_be_tried_again() {
    need!("pebble", "pebble-challtestsrv");
    // The CA asks another name server than Steward does, and finds nothing there.
    let of_the_ca = ChallTestSrv::start().await;
    let lab = Lab::start(PebbleOptions { dns: Some(of_the_ca.dns_addr()), ..PebbleOptions::default() }).await;
    let ordered = lab.order(&["example.com"]).await;
    let id = ordered["id"].as_i64().unwrap();
    lab.make_records(&ordered).await;
    let operation = lab.verify(id).await;
    let ended = lab.ended(operation).await;
    assert_eq!(ended["state"], "failed", "{ended}");

    let path = format!("/api/certificates/{id}");
    let shown = lab.admin.get(&path).await.ok();
    assert_eq!((&shown["status"], &shown["verification_status"]), (&json!("failed"), &json!("failed")));
    let error = shown["error"].as_str().unwrap();
    assert!(error.contains("example.com") && error.contains("unauthorized"), "{error}");
    assert_eq!(ended["error"], error);
    let step = ended["steps"].as_array().unwrap().iter().find(|step| step["state"] == "failed").unwrap();
    assert_eq!(step["detail"], error);
    for (what, refused) in [
        ("download", lab.admin.get(&format!("{path}/download")).await),
        ("revoke", lab.admin.post(&format!("{path}/revoke"), json!({})).await),
    ] {
        assert_eq!(refused.status, 409, "{what}");
    }

    // Verifying again makes a new order with new records.
    let again = lab.admin.post(&format!("{path}/verify"), json!({})).await.expect(200);
    assert_eq!((&again["success"], &again["certificate"]["status"]), (&json!(false), &json!("unissued")));
    let message = again["message"].as_str().unwrap();
    assert!(message.contains("verify again"), "{message}");
    let value = again["verification_records"][0]["value"].as_str().unwrap();
    assert_ne!(value, ordered["verification_info"]["value"], "a new order has a value of its own");
    assert_eq!(lab.admin.get(&path).await.ok()["error"], json!(null));
    lab.pebble.challtestsrv().set_txt("_acme-challenge.example.com", value).await;
    of_the_ca.set_txt("_acme-challenge.example.com", value).await;
    let operation = lab.verify(id).await;
    assert_eq!(lab.ended(operation).await["state"], "succeeded");
    assert_eq!(keys(&lab).await, [format!("certificates/{id}/key")]);
}
