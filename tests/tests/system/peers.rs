//! The test ground itself: its peers come up, say what they are told to, and end.

use system_tests::need;
use system_tests::peers::{Pebble, PebbleOptions};

#[tokio::test]
async fn pebble_serves_its_directory_and_its_root() {
    need!("pebble", "pebble-challtestsrv");
    let mut pebble = Pebble::start(PebbleOptions { eab: true, ..Default::default() }).await;

    let directory = pebble.client().get(pebble.directory_url()).send().await.unwrap();
    let directory: serde_json::Value = directory.json().await.unwrap();
    assert_eq!(directory["meta"]["externalAccountRequired"], true);
    assert!(pebble.issuing_root_pem().await.starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(pebble.issuing_intermediate_pem().await.starts_with("-----BEGIN CERTIFICATE-----"));

    pebble.stop();
    pebble.client().get(pebble.directory_url()).send().await.unwrap_err();
}

#[tokio::test]
async fn challtestsrv_takes_every_order() {
    need!("pebble-challtestsrv");
    let server = system_tests::peers::ChallTestSrv::start().await;
    server.set_txt("_acme-challenge.a.example", "value").await;
    server.add_cname("b.example", "a.example").await;
    server.add_a("a.example", &["127.0.0.2"]).await;
    server.set_servfail("c.example").await;
    server.add_http01("token", "token.thumbprint").await;

    let url = format!("http://{}/.well-known/acme-challenge/token", server.http01_addr());
    let answer = reqwest::get(&url).await.unwrap().text().await.unwrap();
    assert_eq!(answer, "token.thumbprint");

    server.clear_http01("token").await;
    server.clear("a.example").await;
    assert_eq!(server.dns_request_history("a.example").await, Vec::<serde_json::Value>::new());
}

#[tokio::test]
async fn two_peers_of_a_kind_run_side_by_side() {
    need!("pebble", "pebble-challtestsrv");
    let (a, b) = tokio::join!(Pebble::start(PebbleOptions::default()), Pebble::start(PebbleOptions::default()));
    assert_ne!(a.directory_url(), b.directory_url());
    assert_ne!(a.issuing_root_pem().await, b.issuing_root_pem().await);
}
