use serde_json::json;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::Lab;

#[tokio::test(flavor = "multi_thread")]
async fn the_ca_knows_of_it_and_the_files_stay() {
    need!("pebble", "pebble-challtestsrv");
    let mut lab = Lab::start(PebbleOptions::default()).await;
    let id = lab.issue(&["example.com"]).await;
    let other = lab.issue(&["other.example.com"]).await;
    let path = format!("/api/certificates/{id}");
    let shown = lab.admin.get(&path).await.ok();
    let serial = shown["serial"].as_str().unwrap();
    assert_eq!(lab.pebble.certificate_status(serial).await["Status"], "Valid");
    let before = lab.admin.get(&format!("{path}/download?format=fullchain")).await.bytes;

    let revoked = lab.admin.post(&format!("{path}/revoke"), json!({})).await.expect(200);
    assert_eq!((&revoked["id"], &revoked["status"]), (&json!(id), &json!("revoked")));
    assert_eq!(lab.pebble.certificate_status(serial).await["Status"], "Revoked");
    let shown = lab.admin.get(&path).await.ok();
    assert_eq!((&shown["status"], &shown["verification_status"]), (&json!("revoked"), &json!("verified")));
    assert_eq!(shown["serial"], serial);
    assert_eq!(lab.admin.get(&format!("{path}/download?format=fullchain")).await.bytes, before);
    let again = lab.admin.post(&format!("{path}/revoke"), json!({})).await.expect(409);
    assert_eq!(again["error"], "the certificate is revoked already");
    let verify = lab.admin.post(&format!("{path}/verify"), json!({})).await.expect(409);
    assert_eq!(verify["error"], "the certificate was revoked; order a new one with POST /api/certificates");
    assert_eq!(lab.admin.post("/api/certificates/cleanup", json!({})).await.ok()["count"], 0);

    let unissued = lab.order(&["unissued.example.com"]).await;
    let refused = lab.admin.post(&format!("/api/certificates/{}/revoke", unissued["id"]), json!({})).await.expect(409);
    assert_eq!(refused["error"], "only an issued certificate can be revoked; this one is unissued");

    // With the CA down nothing is recorded that did not happen.
    lab.pebble.stop();
    let path = format!("/api/certificates/{other}");
    let refused = lab.admin.post(&format!("{path}/revoke"), json!({})).await.expect(503);
    assert!(refused["error"].as_str().unwrap().contains("cannot be reached"), "{refused}");
    assert_eq!(lab.admin.get(&path).await.ok()["status"], "issued");
}
