//! Two customers on every queue and in every flow: Amy's peers never answer, answer without end, or answer wrong. Ben's
//! work is undisturbed, and nothing of either reaches the other.

mod flows;
mod parties;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use system_tests::need;
use system_tests::peers::Manner;

use flows::Flow;
use parties::Parties;

/// What is too short to be told from noise.
const FLOOR: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn neither_disturbs_the_other_nor_sees_anything_of_them() {
    need!("pebble", "named", "nginx", "sshd", "openssl");
    let parties = Parties::start().await;
    let mut alone = BTreeMap::new();
    for flow in Flow::ALL {
        let took = flow.done_by_ben(&parties, "alone").await;
        alone.insert(flow, took);
    }
    for flow in Flow::ALL {
        let start = Instant::now();
        join_all(Manner::ALL.map(|manner| flow.begun_by_amy(&parties, manner))).await;
        println!("{flow:?} begun in {:?}", start.elapsed());
    }
    parties.amy_is_at_work().await;
    let mut slower = Vec::new();
    for flow in Flow::ALL {
        let took = flow.done_by_ben(&parties, "beside").await;
        println!("{flow:?}: {:?} alone, {took:?} beside Amy's", alone[&flow]);
        if took > (2 * alone[&flow]).max(FLOOR) {
            slower.push(flow);
        }
    }
    assert!(slower.is_empty(), "Amy holds Ben up in {slower:?}");
    parties.assert_apart().await;
}
