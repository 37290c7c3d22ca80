//! The worker dies at each of its calls, before it and after it.

use std::sync::Arc;
use std::time::Duration;

use domain::operations;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Fate, Lab, Moment, Worker};

use super::books::{LATER, assert_issued_once, assert_whole, deliver_leftovers, operation};

/// How a dead worker's order is taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rescue {
    /// The process starts again.
    Restart,
    /// Another worker runs already; the lease ends, and the job is delivered again.
    Redelivery,
    /// The same, but the job was lost: the sweep sends it.
    Sweep,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_before_any_call_leaves_one_certificate() {
    every_death(Moment::Before, &[Rescue::Restart, Rescue::Redelivery, Rescue::Sweep]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_after_any_call_leaves_one_certificate() {
    every_death(Moment::After, &[Rescue::Sweep, Rescue::Restart, Rescue::Redelivery]).await;
}

async fn every_death(moment: Moment, rescues: &[Rescue]) {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    for call in 0.. {
        assert!(call < 200, "an order takes fewer calls");
        let rescue = rescues[call % rescues.len()];
        let name = format!("d{call}.example");
        let ordered = lab.order(&[&name, &format!("*.{name}")]).await;
        let id = ordered["id"].as_i64().unwrap();
        lab.make_records(&ordered).await;
        let operation = lab.verify(id).await;

        let fate = Fate::at(call, moment);
        let died = run_until_death(&lab, &fate, operation).await;
        if died {
            take_up(&lab, rescue).await;
            let _worker = Worker::start(&lab.steward.ctx);
            let ended = lab.ended(operation).await;
            let calls = fate.calls();
            assert_eq!(ended["state"], "succeeded", "died at {:?} {calls:?}, {rescue:?}: {ended}", moment);
        }
        assert_issued_once(&lab, id, operation).await;
        deliver_leftovers(&lab).await;
        assert_issued_once(&lab, id, operation).await;
        if !died {
            assert!(call > 20, "it was killed at {call} calls only: {:?}", fate.calls());
            break;
        }
    }
    assert_whole(&lab).await;
}

/// Whether the worker died before the operation ended.
async fn run_until_death(lab: &Lab, fate: &Arc<Fate>, id: i64) -> bool {
    let _worker = Worker::start(&fate.of(&lab.steward.ctx));
    for _ in 0..3000 {
        // The last call of a worker comes after the operation has ended: it deletes the job.
        if fate.is_dead() {
            return true;
        }
        let deleted = fate.calls().last() == Some(&"queue.delete");
        if deleted && !operation(lab, id).await.is_open() {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("neither dead nor done: {:?}", fate.calls());
}

async fn take_up(lab: &Lab, rescue: Rescue) {
    let ctx = &lab.steward.ctx;
    match rescue {
        Rescue::Restart => {
            operations::recover(ctx).await.unwrap();
        }
        Rescue::Redelivery => lab.steward.clock.advance(LATER),
        Rescue::Sweep => {
            lab.steward.clock.advance(LATER);
            let queue = domain::ports::QueueName::Issuer;
            for lost in ctx.queue.receive(queue, 100, LATER).await.unwrap() {
                ctx.queue.delete(queue, &lost.receipt).await.unwrap();
            }
            operations::sweep(ctx).await.unwrap();
        }
    }
}
