//! The worker dies at each of its calls, before it and after it: no record is left, and none of another's is gone.

use std::time::Duration;

use domain::dns_records;
use domain::ids::{DnsCredentialId, OperationId, UserId};
use domain::operations;
use domain::ports::Query;
use serde_json::json;
use system_tests::need;
use system_tests::steward::{Fate, Moment, StewardOptions, Worker};

use super::{KEY, Zones, ended};

/// Longer than the lease of an operation or of a name.
const LATER: Duration = Duration::from_secs(200);

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_before_any_call_leaves_no_record() {
    every_death(Moment::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_after_any_call_leaves_no_record() {
    every_death(Moment::After).await;
}

async fn every_death(moment: Moment) {
    need!("named");
    let lab = Zones::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let admin = lab.steward.admin().await;
    let ctx = &lab.steward.ctx;
    let id = lab.credential(&admin, &KEY, Some("lab.example")).await;
    let host = "_steward-test.lab.example";
    // Somebody else's value under the same name.
    let other = OperationId(1_000_000);
    let value = ["other".to_owned()];
    dns_records::publish(ctx, other, UserId(1), DnsCredentialId(id), host, &value).await.unwrap();
    for call in 0.. {
        assert!(call < 100, "a test takes fewer calls");
        let begun = admin.post(&format!("/api/dns-credentials/{id}/test"), json!({})).await.expect(202);
        let operation = &begun["operation_id"];
        let fate = Fate::at(call, moment);
        let died = {
            let _worker = Worker::start(&fate.of(ctx));
            let path = format!("/api/operations/{operation}");
            let mut died = None;
            for _ in 0..3000 {
                let over = fate.calls().last() == Some(&"queue.delete");
                if fate.is_dead() {
                    died = Some(true);
                } else if over && admin.get(&path).await.ok()["state"] == "succeeded" {
                    died = Some(false);
                }
                if died.is_some() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            died.unwrap_or_else(|| panic!("neither dead nor done: {:?}", fate.calls()))
        };
        if died {
            if call % 2 == 0 {
                operations::recover(ctx).await.unwrap();
            } else {
                lab.steward.clock.advance(LATER);
                operations::sweep(ctx).await.unwrap();
            }
            let _worker = Worker::start(ctx);
            let shown = ended(&admin, operation).await;
            assert_eq!(shown["state"], "succeeded", "died {moment:?} {:?}: {shown}", fate.calls());
        }
        assert_eq!(lab.txt(host).await, value, "died {moment:?} {:?}", fate.calls());
        let mut query = Query::of(&dns_records::DNS_RECORDS, "live");
        query.index = Some("by_live");
        assert_eq!(ctx.store.query(query).await.unwrap().items.len(), 1, "{:?}", fate.calls());
        if !died {
            assert!(call > 15, "it was killed at {call} calls only: {:?}", fate.calls());
            return;
        }
    }
}
