use serde_json::{Value, json};

use super::authority::Authority;
use super::{idle, shown, watch};

#[tokio::test(flavor = "multi_thread")]
async fn changes_what_is_given_and_nothing_else() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let id = watch(&admin, "127.0.0.1:443".parse().unwrap(), &Authority::new(), json!({})).await;
    let path = format!("/api/monitors/{id}");
    for change in [
        json!({"note": "the shop"}),
        json!({"port": 8443}),
        json!({"ip_address": "127.0.0.5,127.0.0.6"}),
        json!({"interval_minutes": 60}),
        json!({"starttls": "imap"}),
        json!({"is_active": true}),
        json!({}),
    ] {
        let before = shown(&admin, id).await;
        let changed = admin.put(&path, change.clone()).await.ok();
        let mut after = shown(&admin, id).await;
        assert_eq!(after["updated_at"], changed["updated_at"]);
        for (field, value) in change.as_object().unwrap() {
            assert_eq!((&changed[field], &after[field]), (value, value), "{field}");
            after[field] = before[field].clone();
        }
        after["updated_at"] = before["updated_at"].clone();
        assert_eq!(after, before, "{change}");
    }
    let changed = admin.put(&path, json!({"ip_type": "auto", "ip_address": "", "starttls": "none"})).await.ok();
    assert_eq!((&changed["ip_type"], &changed["ip_address"]), (&json!("auto"), &json!("")));
    assert_eq!(changed["starttls"], Value::Null);
    let changed = admin.put(&path, json!({"is_active": false})).await.ok();
    assert_eq!((&changed["is_active"], &changed["next_check"]), (&json!(false), &Value::Null));
    let kept = shown(&admin, id).await;
    for (wrong, words) in [
        (json!({"port": 70000}), "port: "),
        (json!({"note": 5}), "note: "),
        (json!({"interval_minutes": 0}), "interval_minutes: "),
        (json!({"domain": "other.example.com"}), "domain: is not a field here"),
    ] {
        let refused = admin.put(&path, wrong).await.expect(400);
        assert!(refused["error"].as_str().unwrap().starts_with(words), "{refused}");
    }
    assert_eq!(shown(&admin, id).await, kept);
}
