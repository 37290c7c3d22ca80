//! A worker that sleeps past its lease, and a person who writes while it works.

use std::sync::Arc;

use domain::Context;
use domain::ids::OperationId;
use domain::jobs::Job;
use domain::operations::Next;
use serde_json::json;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Fate, Lab, Worker};
use tokio::task::JoinHandle;

use super::books::{LATER, assert_issued_once, assert_whole, certificate, deliver_leftovers};

/// Works on one order by itself, as deliveries would, until it is done.
pub fn drive(ctx: Context, operation: i64) -> JoinHandle<()> {
    let job = Job::Issue { operation: OperationId(operation) };
    tokio::spawn(async move {
        while let Next::Again(pause) = issuer::handle(&ctx, &job).await.unwrap() {
            assert!(pause < LATER, "{pause:?}");
            tokio::time::sleep(pause).await;
        }
    })
}

/// An order that was verified, without the job that would begin it.
pub async fn verified(lab: &Lab, name: &str) -> (i64, i64) {
    let ordered = lab.order(&[name]).await;
    lab.make_records(&ordered).await;
    let id = ordered["id"].as_i64().unwrap();
    (id, lab.verify(id).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_lease_ran_out_changes_nothing() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    for (n, call) in [
        "store.write",
        "ca.answer_challenges",
        "ca.order",
        "store.transact",
        "vault.create",
        "ca.finalize",
        "ca.certificate",
    ]
    .into_iter()
    .enumerate()
    {
        let (id, operation) = verified(&lab, &format!("s{n}.example")).await;
        let sleeper = Fate::asleep_at(call);
        let stale = drive(sleeper.of(&lab.steward.ctx), operation);
        sleeper.died().await;
        lab.steward.clock.advance(LATER);
        {
            let _other = Worker::start(&lab.steward.ctx);
            assert_eq!(lab.ended(operation).await["state"], "succeeded", "{call}");
        }
        assert_issued_once(&lab, id, operation).await;
        sleeper.wake();
        stale.await.unwrap();
        assert_issued_once(&lab, id, operation).await;
        assert_whole(&lab).await;
        deliver_leftovers(&lab).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_written_meanwhile_stops_nothing() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    for (n, call) in ["ca.answer_challenges", "ca.order", "ca.finalize", "ca.certificate"].into_iter().enumerate() {
        let (id, operation) = verified(&lab, &format!("n{n}.example")).await;
        let worker: Arc<Fate> = Fate::asleep_at(call);
        let working = drive(worker.of(&lab.steward.ctx), operation);
        worker.died().await;
        let note = format!("written during {call}");
        lab.admin.put(&format!("/api/certificates/{id}"), json!({"note": note})).await.ok();
        worker.wake();
        // The worker goes on at once: `drive` refuses to wait as long as a lease.
        working.await.unwrap();
        assert_issued_once(&lab, id, operation).await;
        assert_eq!(certificate(&lab, id).await.note, note);
    }
}
