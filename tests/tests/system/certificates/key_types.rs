use serde_json::json;
use system_tests::peers::PebbleOptions;
use system_tests::steward::Lab;
use system_tests::{need, openssl};

use super::keys;

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_key_is_issued() {
    need!("pebble", "pebble-challtestsrv", "openssl");
    let lab = Lab::start(PebbleOptions::default()).await;
    for (given, shown, marks) in [
        (json!(null), "ECC", ["id-ecPublicKey", "ASN1 OID: prime256v1"]),
        (json!("ecc"), "ECC", ["id-ecPublicKey", "ASN1 OID: prime256v1"]),
        (json!("ECC-384"), "ECC-384", ["id-ecPublicKey", "ASN1 OID: secp384r1"]),
        (json!("RSA"), "RSA", ["rsaEncryption", "Public-Key: (2048 bit)"]),
        (json!("RSA-4096"), "RSA-4096", ["rsaEncryption", "Public-Key: (4096 bit)"]),
    ] {
        let body = json!({"domain": "example.com", "issuer": "pebble", "encryption_type": given});
        let ordered = lab.order_with(body).await;
        let id = lab.finish(&ordered).await;
        let shown_type = &lab.admin.get(&format!("/api/certificates/{id}")).await.ok()["encryption_type"];
        assert_eq!(shown_type, shown);
        let pem = lab.admin.get(&format!("/api/certificates/{id}/download?format=fullchain")).await;
        let text = openssl::run(&["x509", "-noout", "-text"], &pem.bytes);
        for mark in marks {
            assert!(text.contains(mark), "{given}: '{mark}' is not in:\n{text}");
        }
        lab.pebble.challtestsrv().clear("_acme-challenge.example.com").await;
    }
    assert_eq!(keys(&lab).await.len(), 5, "one key each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_does_not_exist_is_refused_with_those_that_do() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    for wrong in ["", "ECDSA", "RSA-1024", "ECC-256"] {
        let body = json!({"domain": "example.com", "issuer": "pebble", "encryption_type": wrong});
        let refused = lab.admin.post("/api/certificates", body).await.expect(400);
        assert_eq!(refused["error"], "encryption_type: must be one of ECC, ECC-384, RSA, RSA-4096");
    }
    assert_eq!(super::total(&lab.admin).await, 0);
}
