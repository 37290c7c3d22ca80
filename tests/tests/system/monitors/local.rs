use serde_json::json;
use system_tests::need;
use system_tests::peers::TlsServer;
use system_tests::steward::{Steward, StewardOptions};

use super::authority::{Authority, Leaf};
use super::{check, idle, shown};

/// Hosts that are in no public DNS can be monitored where the operator allows their addresses.
#[tokio::test(flavor = "multi_thread")]
async fn addresses_and_local_names_are_looked_at() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let leaf = Leaf { names: vec!["localhost", "127.0.0.1"], ..Leaf::default() };
    let server = TlsServer::start(&authority.sign(leaf), &[]).await;
    for domain in ["127.0.0.1", "localhost", "LOCALHOST."] {
        let body = json!({
            "domain": domain, "port": server.address().port(), "ip_type": "ipv4", "interval_minutes": 1,
            "root_ca_pem": authority.root(),
        });
        let made = admin.post("/api/monitors", body).await.expect(201);
        let id = made["id"].as_i64().unwrap();
        let checked = check(&admin, id).await;
        assert_eq!(
            (&checked["status"], &checked["endpoints"][0]["problems"]),
            (&json!("normal"), &json!([])),
            "{domain}"
        );
        assert_eq!(shown(&admin, id).await["interval_minutes"], 1);
    }
    let other = json!({
        "domain": "127.0.0.1", "port": TlsServer::start(&authority.sign(Leaf::default()), &[]).await.address().port(),
    });
    assert_eq!(admin.post("/api/monitors", other).await.expect(201)["domain"], "127.0.0.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_are_not_allowed_are_refused_with_words() {
    let steward = Steward::start(StewardOptions { idle: true, public_only: true, ..Default::default() }).await;
    let admin = steward.admin().await;
    for domain in ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "::ffff:10.0.0.1"] {
        let refused = admin.post("/api/monitors", json!({"domain": domain})).await.expect(400);
        let words = refused["error"].as_str().unwrap();
        assert!(words.starts_with("domain: ") && words.contains("STEWARD_ALLOW_TARGETS"), "{domain}: {words}");
    }
}
