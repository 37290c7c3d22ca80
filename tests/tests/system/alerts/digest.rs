use std::collections::BTreeSet;
use std::time::Duration;

use domain::alerts::Level;
use futures_util::future::join_all;
use system_tests::peers::WebhookSink;
use system_tests::steward::{Steward, StewardOptions, eventually};

use super::{in_state, requests, see, webhook};

/// Two hundred things fail at once: a handful of messages, and every alert in exactly one of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_becomes_a_digest() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    let id = webhook(&admin, &sink).await;
    for some in (1..=200).collect::<Vec<i64>>().chunks(20) {
        join_all(some.iter().map(|monitor| see(&steward, *monitor, Some(Level::Warning)))).await;
    }
    let told = || -> Vec<i64> {
        let requests = sink.requests();
        let alerts = requests.iter().flat_map(|request| request.json["alerts"].as_array().unwrap().clone());
        alerts.map(|alert| alert["subject_id"].as_i64().unwrap()).collect()
    };
    // What is held back goes out when the first messages are five minutes old.
    for _ in 0..4 {
        eventually("a pause", async || {
            let state = super::channel(&admin, id).await["state"].clone();
            (state == "ok" || state == "held").then_some(())
        })
        .await;
        steward.clock.advance(Duration::from_secs(301));
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    eventually("all alerts", async || (told().len() >= 200).then_some(())).await;
    in_state(&admin, id, "ok").await;
    let all = told();
    assert_eq!(all.len(), 200, "none twice");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 200, "none lost");
    let messages = sink.requests().len();
    assert!(messages <= 20, "{messages} messages");
    let titles: Vec<_> = sink.requests().iter().map(|request| request.json["title"].clone()).collect();
    assert!(titles.iter().any(|title| title.as_str().unwrap().ends_with(" alerts at once")), "{titles:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_messages_the_next_wait_and_go_out_as_one() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    let id = webhook(&admin, &sink).await;
    for monitor in 1..=5 {
        see(&steward, monitor, Some(Level::Warning)).await;
        requests(&sink, usize::try_from(monitor).unwrap()).await;
    }
    for monitor in 6..=8 {
        see(&steward, monitor, Some(Level::Warning)).await;
    }
    let held = in_state(&admin, id, "held").await;
    assert!(held["waiting"].as_i64().unwrap() >= 1, "{held}");
    requests(&sink, 5).await;
    steward.clock.advance(Duration::from_secs(301));
    let told = requests(&sink, 6).await;
    assert_eq!(told[5].json["title"], "[warning] 3 alerts at once");
    assert_eq!(told[5].json["alerts"].as_array().unwrap().len(), 3);
    let text = told[5].json["text"].as_str().unwrap();
    assert!(text.lines().filter(|line| line.starts_with("[warning] www.example.com: ")).count() == 3, "{text}");
}
