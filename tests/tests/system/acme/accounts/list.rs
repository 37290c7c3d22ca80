use serde_json::json;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::Lab;

use crate::acme::{accounts, ids, one, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_pages_newest_first() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    let second = lab.provider("pebble-two", false).await;
    let mut made = Vec::new();
    for n in 0..3 {
        made.push(lab.account(&lab.admin, &format!("a{n}@example.com")).await);
    }
    let body = json!({"providerName": "pebble-two", "email": "two@example.com"});
    made.push(one(lab.admin.post("/api/v1/acme/account/create", body).await)["id"].as_i64().unwrap());
    lab.admin.post("/api/v1/acme/accounts/disable", json!({"id": made[1]})).await.ok();
    made.reverse();

    let first = second - 1;
    for (query, found, total) in [
        (String::new(), &made[..], 4),
        (format!("?provider_id={first}"), &made[1..], 3),
        (format!("?provider_id={second}"), &made[..1], 1),
        ("?provider_id=99".into(), &[], 0),
        ("?status=disabled".into(), &made[2..3], 1),
        (format!("?provider_id={second}&status=disabled"), &[], 0),
        (format!("?provider_id={first}&status=active&page=2&page_size=1"), &made[3..], 2),
        ("?page=1&page_size=3".into(), &made[..3], 4),
        ("?page=2&page_size=3".into(), &made[3..], 4),
        ("?page=3&page_size=3".into(), &[], 4),
        ("?page=4294967295&page_size=50".into(), &[], 4),
    ] {
        let data = accounts(&lab.admin, &query).await;
        assert_eq!((ids(&data).as_slice(), &data["total"]), (found, &json!(total)), "{query}");
    }
    let data = accounts(&lab.admin, "?page=2&page_size=3").await;
    assert_eq!((&data["page"], &data["pageSize"]), (&json!(2), &json!(3)));
    assert_eq!(accounts(&lab.admin, "").await["pageSize"], 20);

    for (query, field) in [
        ("page=0", "page"),
        ("page=x", "page"),
        ("page_size=0", "page_size"),
        ("page_size=51", "page_size"),
        ("status=gone", "status"),
        ("provider_id=pebble", "provider_id"),
        ("per_page=5", "per_page"),
    ] {
        let message = refusal(lab.admin.get(&format!("/api/v1/acme/accounts?{query}")).await, 400, 2001);
        assert!(message.starts_with(&format!("{field}: ")), "{query}: {message}");
    }
}
