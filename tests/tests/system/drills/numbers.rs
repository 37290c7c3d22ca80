use std::sync::Arc;

use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::Lab;
use tokio::task::{JoinSet, LocalSet};

use super::books::{assert_issued_once, assert_whole};

#[tokio::test(flavor = "multi_thread")]
async fn half_of_all_nonces_refused_and_100_of_100_orders_issued() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Arc::new(Lab::start(PebbleOptions { nonce_reject: 50, ..PebbleOptions::default() }).await);
    let (mut callers, here) = (JoinSet::new(), LocalSet::new());
    for caller in 0..10 {
        let lab = Arc::clone(&lab);
        let orders = async move {
            for n in 0..10 {
                let ordered = lab.order(&[&format!("o{caller}-{n}.example")]).await;
                lab.make_records(&ordered).await;
                let id = ordered["id"].as_i64().unwrap();
                let operation = lab.verify(id).await;
                assert_eq!(lab.ended(operation).await["state"], "succeeded");
                assert_issued_once(&lab, id, operation).await;
            }
        };
        callers.spawn_local_on(orders, &here);
    }
    here.run_until(callers.join_all()).await;
    assert_eq!(lab.admin.get("/api/certificates").await.ok()["total"], 100);
    assert_whole(&lab).await;
}
