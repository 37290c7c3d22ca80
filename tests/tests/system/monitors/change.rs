use serde_json::json;
use system_tests::need;
use system_tests::peers::TlsServer;

use super::authority::{Authority, Leaf};
use super::{check, history, idle, watch};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_certificate_is_an_event() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let server = TlsServer::start(&authority.sign(Leaf::default()), &[]).await;
    let id = watch(&admin, server.address(), &authority, json!({})).await;
    let first = check(&admin, id).await;
    assert_eq!(first["changes"], json!([]));
    let second = check(&admin, id).await;
    assert_eq!(second["changes"], json!([]));
    let expired = authority.sign(Leaf { valid: (-90, -3), ..Leaf::default() });
    let mut server = server.replaced(&expired).await;
    let third = check(&admin, id).await;
    let fingerprint = |checked: &serde_json::Value| checked["endpoints"][0]["certificate"]["fingerprint"].clone();
    let expected = json!([
        {"what": "certificate", "old": fingerprint(&first), "new": fingerprint(&third)},
        {"what": "status", "old": "normal", "new": "expired"},
        {"what": "grade", "old": "A", "new": "T"},
    ]);
    assert_eq!(third["changes"], expected);
    assert_ne!(fingerprint(&first), fingerprint(&third));

    // A server that is away has not changed its certificate.
    server.stop();
    assert_eq!(check(&admin, id).await["changes"], json!([{"what": "status", "old": "expired", "new": "unreachable"}]));
    let _server = server.replaced(&expired).await;
    assert_eq!(check(&admin, id).await["changes"], json!([{"what": "status", "old": "unreachable", "new": "expired"}]));

    let history = history(&admin, id).await;
    let told: Vec<_> = history.iter().map(|check| (check["status"].as_str(), check["event"].as_str())).collect();
    let changed = Some("certificate_changed");
    assert_eq!(
        told,
        [
            (Some("expired"), None),
            (Some("unreachable"), None),
            (Some("expired"), changed),
            (Some("normal"), None),
            (Some("normal"), None)
        ]
    );
    assert_eq!(history[2]["changes"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_has_pages_and_an_end() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let id = watch(&admin, "127.0.0.1:1".parse().unwrap(), &Authority::new(), json!({})).await;
    for _ in 0..5 {
        check(&admin, id).await;
    }
    let all: Vec<_> = history(&admin, id).await.iter().map(|check| check["id"].clone()).collect();
    let mut paged = Vec::new();
    let mut before = String::new();
    loop {
        let page = admin.get(&format!("/api/monitors/{id}/checks?limit=2{before}")).await.ok();
        paged.extend(page["checks"].as_array().unwrap().iter().map(|check| check["id"].clone()));
        if page["next"].is_null() {
            break;
        }
        before = format!("&before={}", page["next"]);
    }
    assert_eq!((paged.len(), paged), (5, all.clone()));
    assert!(all.windows(2).all(|pair| pair[0].as_i64() > pair[1].as_i64()), "newest first: {all:?}");
    for limit in [0, 101] {
        let refused = admin.get(&format!("/api/monitors/{id}/checks?limit={limit}")).await.expect(400);
        assert_eq!(refused["error"], "limit: must be from 1 to 100");
    }
    // A row says by itself when it goes.
    let rows = steward.ctx.store.scan(&domain::monitors::CHECKS, None).await.unwrap().items;
    let kept: Vec<_> =
        rows.iter().map(|row| row["expires_at"].as_i64().unwrap() - row["id"].as_i64().unwrap() / 1000).collect();
    assert_eq!(kept, [90 * 24 * 60 * 60; 5]);
}
