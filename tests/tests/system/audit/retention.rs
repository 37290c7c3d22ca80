//! What is old is removed, and the rest can still be proven whole.

use std::time::Duration;

use domain::audit::{AUDIT, Cut, trim};
use domain::jobs::Job;
use domain::ports::{Expect, Key, QueueName, Write};
use serde_json::json;
use system_tests::steward::{Steward, StewardOptions, eventually};

use super::{trail, verdict};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn acts(steward: &Steward, number: u64) {
    for n in 1..=number {
        domain::audit::record_system(&steward.ctx, "test.act", format!("thing {n}"), "done").await.unwrap();
    }
}

/// Nine entries, four of which are a month old, where they are kept for so many days.
async fn some(kept: u32) -> Steward {
    let arguments = vec![format!("--audit-days={kept}")];
    let steward = Steward::start(StewardOptions { arguments, ..StewardOptions::default() }).await;
    acts(&steward, 4).await;
    eventually("the entries", async || (verdict(&steward).await == Ok(4)).then_some(())).await;
    steward.clock.advance(31 * DAY);
    acts(&steward, 5).await;
    let all = eventually("the entries", async || {
        let whole = verdict(&steward).await;
        // A day's repair may have removed the old ones already.
        (whole == Ok(9) || (kept < 31 && whole == Ok(5))).then_some(whole)
    });
    all.await.unwrap();
    steward
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_than_it_is_kept_goes_and_the_rest_is_whole() {
    let steward = some(30).await;
    steward.ctx.queue.send(QueueName::Issuer, &Job::Repair, Duration::ZERO).await.unwrap();
    eventually("the removal", async || (verdict(&steward).await == Ok(5)).then_some(())).await;
    let cut = Cut::now(steward.ctx.store.as_ref()).await.unwrap().unwrap();
    assert_eq!(cut.seq, 4);
    acts(&steward, 1).await;
    eventually("an entry", async || (verdict(&steward).await == Ok(6)).then_some(())).await;
    let admin = steward.admin().await;
    assert_eq!(trail(&admin).await[0]["seq"], 5);

    // All of it, and on from there.
    let later = steward.ctx.clock.now() + jiff::SignedDuration::from_hours(1);
    eventually("the login", async || (verdict(&steward).await == Ok(7)).then_some(())).await;
    assert_eq!(trim(&steward.ctx, later).await.unwrap().removed, 7);
    assert_eq!(verdict(&steward).await, Ok(0));
    acts(&steward, 2).await;
    eventually("the entries", async || (verdict(&steward).await == Ok(2)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_by_somebody_without_the_key_is_found() {
    let steward = some(400).await;
    let store = steward.ctx.store.as_ref();
    let key = || Key::pair("cut", "cut");
    let removed = async |seq: u64| {
        let key = Key::pair("audit", format!("s{seq:016}"));
        store.write(Write::Delete { table: &AUDIT, key, expect: Expect::Any }).await.unwrap();
    };
    let fifth = store.get(&AUDIT, Key::pair("audit", "s0000000000000005")).await.unwrap().unwrap();
    let before = steward.ctx.clock.now() - jiff::SignedDuration::from_hours(24 * 30);
    assert_eq!(trim(&steward.ctx, before).await.unwrap().removed, 4);
    assert_eq!(verdict(&steward).await, Ok(5));

    // One more entry goes, and the cut is moved behind it.
    removed(5).await;
    assert_eq!(verdict(&steward).await.unwrap_err(), "entry 5 is missing");
    let mut cut = store.get(&AUDIT, key()).await.unwrap().unwrap();
    cut.insert("seq".into(), json!(5));
    cut.insert("hash".into(), fifth["hash"].clone());
    store.write(Write::Put { table: &AUDIT, item: cut, expect: Expect::Any }).await.unwrap();
    let words = "the entries up to 5 were removed, and not by Steward: the cut has a wrong signature";
    assert_eq!(verdict(&steward).await.unwrap_err(), words);
    store.write(Write::Delete { table: &AUDIT, key: key(), expect: Expect::Any }).await.unwrap();
    assert_eq!(verdict(&steward).await.unwrap_err(), "the entries 1 to 5 are missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_removes_what_is_old_and_nothing_of_the_last_week() {
    let steward = some(400).await;
    let (admin, user) = (steward.admin().await, steward.user("user").await);
    let days_ago = |days: i64| (steward.ctx.clock.now() - jiff::SignedDuration::from_hours(24 * days)).to_string();
    user.post("/api/audit/purge", json!({"before": days_ago(8)})).await.expect(403);
    let refused = admin.post("/api/audit/purge", json!({"before": days_ago(6)})).await.expect(400);
    assert_eq!(refused["error"], "before: must be at least 7 days ago");
    let purged = admin.post("/api/audit/purge", json!({"before": days_ago(8)})).await.ok();
    assert_eq!(purged, json!({"removed": 4, "more": false}));
    let said = super::entries(&admin, "audit.purge", 1).await.remove(0);
    assert_eq!(said["user_id"], 1);
    assert!(said["target"].as_str().unwrap().starts_with("entries from before "), "{said}");
    verdict(&steward).await.unwrap();
}
