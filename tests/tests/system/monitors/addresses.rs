use std::time::{Duration, Instant};

use serde_json::json;
use system_tests::need;
use system_tests::peers::{Port, TlsServer};
use system_tests::steward::{Steward, StewardOptions};
use tokio::net::TcpListener;

use super::authority::{Authority, Leaf};
use super::{check, idle, shown, watch};

#[tokio::test(flavor = "multi_thread")]
async fn looks_at_several_addresses_and_the_worst_counts() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let good = TlsServer::start(&authority.sign(Leaf::default()), &[]).await;
    let bad = authority.sign(Leaf { valid: (-90, -3), ..Leaf::default() });
    let _bad = TlsServer::at("127.0.0.2".parse().unwrap(), good.port(), &bad, &[]).await;
    let id = watch(&admin, good.address(), &authority, json!({"ip_address": "127.0.0.1, 127.0.0.2"})).await;
    let checked = check(&admin, id).await;
    assert_eq!(checked["status"], "expired");
    assert_eq!(checked["days_remaining"], checked["endpoints"][1]["days_remaining"]);
    let each: Vec<_> = checked["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| (at["address"].clone(), at["status"].clone()))
        .collect();
    assert_eq!(each, [(json!("127.0.0.1"), json!("normal")), (json!("127.0.0.2"), json!("expired"))]);
    assert_eq!(shown(&admin, id).await["ip_address"], "127.0.0.1,127.0.0.2");

    // One of them must answer, and does not.
    admin.put(&format!("/api/monitors/{id}"), json!({"ip_address": "127.0.0.1,127.0.0.3"})).await.ok();
    let checked = check(&admin, id).await;
    assert_eq!((&checked["status"], &checked["endpoints"][0]["status"]), (&json!("unreachable"), &json!("normal")));
}

#[tokio::test(flavor = "multi_thread")]
async fn speaks_ipv6() {
    need!("openssl");
    let arguments = vec!["--allow-targets=127.0.0.0/8,::1".to_owned()];
    let steward =
        Steward::start(StewardOptions { idle: true, public_only: true, arguments, ..Default::default() }).await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let port = std::sync::Arc::new(Port::claim());
    let server = TlsServer::at("::1".parse().unwrap(), port, &authority.sign(Leaf::default()), &[]).await;
    let id = watch(&admin, server.address(), &authority, json!({"ip_type": "IPv6"})).await;
    let checked = check(&admin, id).await;
    assert_eq!((&checked["status"], &checked["endpoints"][0]["address"]), (&json!("normal"), &json!("::1")));
    assert_eq!(shown(&admin, id).await["ip_type"], "ipv6");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_without_addresses() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let made = admin.post("/api/monitors", json!({"domain": "www.nowhere.invalid"})).await.expect(201);
    let checked = check(&admin, made["id"].as_i64().unwrap()).await;
    let endpoint = &checked["endpoints"][0];
    assert_eq!((&checked["status"], &endpoint["failure"]), (&json!("unreachable"), &json!("unresolved")));
    assert!(endpoint["error"].as_str().unwrap().starts_with("www.nowhere.invalid has no address: "), "{endpoint}");
    assert!(endpoint["address"].is_null() && checked["days_remaining"].is_null());
}

/// Dead addresses together cost the time of one.
#[tokio::test(flavor = "multi_thread")]
async fn dead_and_silent_ones_cost_the_timeout_once() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let port = Port::claim();
    let silent = TcpListener::bind(port.address()).await.unwrap();
    let also = TcpListener::bind(("127.0.0.2", port.number())).await.unwrap();
    let addresses = "127.0.0.1,127.0.0.2,127.0.0.3";
    let id = watch(&admin, port.address(), &Authority::new(), json!({"ip_address": addresses})).await;
    let start = Instant::now();
    let checked = check(&admin, id).await;
    let took = start.elapsed();
    assert!((Duration::from_secs(9)..Duration::from_secs(15)).contains(&took), "{took:?}");
    let said = |n: usize| checked["endpoints"][n]["error"].as_str().unwrap().to_owned();
    assert_eq!(said(0), format!("{} did not answer within 10 s", port.address()));
    assert!(said(2).contains("cannot be connected to: Connection refused"), "{}", said(2));
    assert_eq!((checked["status"].as_str(), checked["grade"].as_str()), (Some("unreachable"), None));
    drop((silent, also));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_public_is_refused_with_words() {
    let steward = Steward::start(StewardOptions { idle: true, public_only: true, ..Default::default() }).await;
    let admin = steward.admin().await;
    for address in ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "fd00::1"] {
        let body = json!({"domain": "www.example.com", "ip_address": address});
        let refused = admin.post("/api/monitors", body).await.expect(400);
        let words = refused["error"].as_str().unwrap();
        assert!(words.starts_with("ip_address: ") && words.contains("STEWARD_ALLOW_TARGETS"), "{words}");
    }
    let made = admin.post("/api/monitors", json!({"domain": "www.example.com"})).await.expect(201);
    let change = json!({"ip_address": "127.0.0.1"});
    let refused = admin.put(&format!("/api/monitors/{}", made["id"]), change).await.expect(400);
    assert!(refused["error"].as_str().unwrap().contains("STEWARD_ALLOW_TARGETS"), "{refused}");
}
