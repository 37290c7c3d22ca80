use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::TlsServer;

use super::authority::{Authority, Leaf};
use super::{check, idle, shown, watch};

#[tokio::test(flavor = "multi_thread")]
async fn answers_with_the_document_and_is_shown_afterwards() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let server = TlsServer::start(&authority.sign(Leaf::default()), &[]).await;
    let id = watch(&admin, server.address(), &authority, json!({"note": "the shop"})).await;
    let before = shown(&admin, id).await;
    for field in ["last_check", "cert_level", "encryption_type", "days_remaining", "grade"] {
        assert!(before[field].is_null(), "{field}: {before}");
    }
    let checked = check(&admin, id).await;
    let after = shown(&admin, id).await;
    for field in ["id", "domain", "status", "days_remaining", "cert_level", "encryption_type", "last_check", "grade"] {
        assert!(!checked[field].is_null(), "{field}: {checked}");
        assert_eq!(checked[field], after[field], "{field}");
    }
    assert_eq!(checked["endpoints"], after["endpoints"]);
    // Looking is no change by somebody.
    for field in ["note", "created_at", "updated_at"] {
        assert_eq!(before[field], after[field], "{field}");
    }
    let listed = admin.get("/api/monitors").await.ok()["monitors"][0].clone();
    for (field, value) in listed.as_object().unwrap() {
        assert_eq!(&after[field], value, "{field}");
    }
}

/// One that is switched off is looked at when somebody asks, and not by itself afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn looks_when_asked_though_switched_off() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let server = TlsServer::start(&authority.sign(Leaf::default()), &[]).await;
    let id = watch(&admin, server.address(), &authority, json!({"is_active": false})).await;
    assert_eq!(check(&admin, id).await["status"], "normal");
    let seen = shown(&admin, id).await;
    assert_eq!((&seen["is_active"], &seen["next_check"]), (&json!(false), &Value::Null));
}
