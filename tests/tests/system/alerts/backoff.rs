use std::time::Duration;

use domain::alerts::Level;
use system_tests::peers::{Reaction, WebhookSink};
use system_tests::steward::{Steward, StewardOptions, eventually};

use super::{channel, in_state, requests, see, webhook};

/// The pauses after each failed attempt, in seconds.
const PAUSES: [u64; 8] = [60, 300, 900, 3600, 7200, 14400, 14400, 14400];

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_tried_again_later_and_given_up_in_the_end() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    sink.always(Reaction::new(500, "come back"));
    let id = webhook(&admin, &sink).await;
    see(&steward, 1, Some(Level::Critical)).await;
    let mut ids = Vec::new();
    for (attempt, pause) in (1..).zip(PAUSES) {
        ids.push(requests(&sink, attempt).await.pop().unwrap().json["id"].clone());
        let state = in_state(&admin, id, "failing").await;
        assert_eq!(state["last_error"], "127.0.0.1 answered 500 Internal Server Error");
        eventually("the attempt's record", async || attempts(&steward, id).await.ge(&attempt).then_some(())).await;
        steward.clock.advance(Duration::from_secs(pause - 10));
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(sink.requests().len(), attempt, "too early after {pause} s");
        steward.clock.advance(Duration::from_secs(11));
    }
    requests(&sink, PAUSES.len() + 1).await;
    let state = eventually("it to be given up", async || {
        let state = channel(&admin, id).await;
        (state["lost"] == 1).then_some(state)
    });
    let state = state.await;
    assert_eq!((&state["waiting"], &state["state"]), (&0.into(), &"failing".into()), "{state}");
    ids.dedup();
    assert_eq!(ids.len(), 1, "one message has one id");

    sink.always(Reaction::new(200, ""));
    see(&steward, 2, Some(Level::Critical)).await;
    requests(&sink, PAUSES.len() + 2).await;
    assert_eq!(in_state(&admin, id, "ok").await["last_error"], serde_json::Value::Null);
}

async fn attempts(steward: &Steward, id: i64) -> usize {
    let key = domain::ports::Key::of(id);
    let row = domain::entity::load::<domain::alerts::channels::Channel>(steward.ctx.store.as_ref(), key).await.unwrap();
    row.value.delivery.attempts as usize
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_may_be_a_date_or_a_fraction() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    let id = webhook(&admin, &sink).await;
    let date = |after: i64| {
        let at = steward.ctx.clock.now() + jiff::SignedDuration::from_secs(after);
        at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    };
    let reactions = [
        Reaction::new(429, "slowly").with("date", date(0)).with("retry-after", date(3600)),
        Reaction::new(503, "slowly").with("retry-after", "7199.5"),
    ];
    for (seen, (reaction, seconds)) in (1..).zip(reactions.into_iter().zip([3600, 7200])) {
        sink.next(reaction);
        if seen == 1 {
            see(&steward, 1, Some(Level::Critical)).await;
        }
        requests(&sink, seen).await;
        in_state(&admin, id, "failing").await;
        eventually("the attempt's record", async || attempts(&steward, id).await.ge(&seen).then_some(())).await;
        steward.clock.advance(Duration::from_secs(seconds - 100));
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(sink.requests().len(), seen, "too early");
        steward.clock.advance(Duration::from_secs(101));
    }
    requests(&sink, 3).await;
    in_state(&admin, id, "ok").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_honoured() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    let id = webhook(&admin, &sink).await;
    sink.next(Reaction::new(429, "slowly").with("retry-after", "3600"));
    see(&steward, 1, Some(Level::Critical)).await;
    in_state(&admin, id, "failing").await;
    steward.clock.advance(Duration::from_secs(3500));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(sink.requests().len(), 1, "too early");
    steward.clock.advance(Duration::from_secs(101));
    requests(&sink, 2).await;
    in_state(&admin, id, "ok").await;
}
