use std::time::Duration;

use system_tests::need;
use system_tests::peers::{Gate, Pebble, PebbleOptions};
use system_tests::steward::{Lab, StewardOptions};

use super::books::{assert_issued_once, assert_whole};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_on_by_itself_when_the_ca_is_back() {
    need!("pebble", "pebble-challtestsrv");
    let pebble = Pebble::start(PebbleOptions::default()).await;
    let mut gate = Gate::open_to(pebble.address()).await;
    let directory = format!("https://localhost:{}/dir", gate.port());
    let lab = Lab::beside(pebble, &directory, StewardOptions::default()).await;
    let ordered = lab.order(&["outage.example"]).await;
    lab.make_records(&ordered).await;
    let id = ordered["id"].as_i64().unwrap();

    gate.shut().await;
    let operation = lab.verify(id).await;
    let mut detail = None;
    for _ in 0..400 {
        let shown = lab.admin.get(&format!("/api/operations/{operation}")).await.ok();
        detail = shown["steps"][0]["detail"].as_str().map(str::to_owned);
        if detail.is_some() && shown["attempts"].as_u64() > Some(2) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert!(detail.is_some_and(|detail| detail.contains("cannot be reached")));
    gate.open().await;
    assert_eq!(lab.ended(operation).await["state"], "succeeded");
    assert_issued_once(&lab, id, operation).await;
    assert_whole(&lab).await;
}
