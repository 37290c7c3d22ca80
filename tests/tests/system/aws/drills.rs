//! What goes wrong on AWS: answers get lost, calls are refused, workers die and jobs come twice. Each time the end is
//! that of a run that nothing disturbed: one certificate at the CA, in the store, and with its key in the vault.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::Context;
use domain::ids::OperationId;
use domain::jobs::Job;
use domain::operations::{self, Next};
use domain::ports::QueueName;
use system_tests::aws::Emulator;
use system_tests::need;
use system_tests::peers::{AwsCall, AwsGate, Pebble, PebbleOptions, Verdict};
use system_tests::steward::{Fate, Lab, StewardOptions};

use crate::drills::books::{LATER, assert_issued_once, assert_whole};

/// A Steward on AWS, reached through a gate, beside a Pebble. No worker runs.
struct Cloud {
    emulator: Emulator,
    gate: AwsGate,
    lab: Lab,
}

impl Cloud {
    async fn start() -> Option<Self> {
        let emulator = Emulator::start().await?;
        let gate = AwsGate::open_to(&emulator.settings().endpoint?).await;
        let deployment = aws::Settings { endpoint: Some(gate.url().to_owned()), ..emulator.settings() };
        let options = StewardOptions { idle: true, deployment: Some(deployment), ..StewardOptions::default() };
        let pebble = Pebble::start(PebbleOptions::default()).await;
        let directory = pebble.directory_url();
        let lab = Lab::beside(pebble, &directory, options).await;
        Some(Self { emulator, gate, lab })
    }

    fn ctx(&self) -> &Context {
        &self.lab.steward.ctx
    }

    /// The same deployment, past the gate.
    fn beside_the_gate(&self) -> Context {
        let ports = self.emulator.aws();
        Context {
            store: ports.store(),
            queue: ports.queue(),
            vault: ports.vault(),
            scheduler: ports.scheduler(),
            ..self.ctx().clone()
        }
    }

    /// An order whose verification has been asked for: the ids of its certificate and operation.
    async fn verified(&self, name: &str) -> (i64, i64) {
        let ordered = self.lab.order(&[name, &format!("*.{name}")]).await;
        self.lab.make_records(&ordered).await;
        let id = ordered["id"].as_i64().unwrap();
        (id, self.lab.verify(id).await)
    }
}

fn job(operation: i64) -> Job {
    Job::Issue { operation: OperationId(operation) }
}

/// Delivers a job as often as it asks to come again.
async fn deliver(ctx: &Context, operation: i64) -> domain::Result<()> {
    for _ in 0..100 {
        match issuer::handle(ctx, &job(operation)).await? {
            Next::Done => return Ok(()),
            Next::Again(pause) => tokio::time::sleep(pause.min(Duration::from_millis(200))).await,
        }
    }
    panic!("the job comes again and again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_of_any_call_is_lost() {
    need!("pebble", "pebble-challtestsrv");
    let Some(cloud) = Cloud::start().await else { return };
    for lost in 0.. {
        let (id, operation) = cloud.verified(&format!("l{lost}.example")).await;
        cloud.gate.judge(move |call| if call.number == lost { Verdict::Lose } else { Verdict::Pass });
        deliver(cloud.ctx(), operation).await.unwrap();
        let calls = cloud.gate.calls();
        cloud.gate.judge(|_| Verdict::Pass);
        assert_issued_once(&cloud.lab, id, operation).await;
        if calls.len() <= lost {
            assert!(lost > 10, "the job made {} calls only", calls.len());
            break;
        }
    }
    assert_whole(&cloud.lab).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_killed_after_any_call() {
    need!("pebble", "pebble-challtestsrv");
    let Some(cloud) = Cloud::start().await else { return };
    for last in 0.. {
        let (id, operation) = cloud.verified(&format!("k{last}.example")).await;
        cloud.gate.judge(move |call| if call.number == last { Verdict::Kill } else { Verdict::Pass });
        let ctx = cloud.ctx().clone();
        let worker = tokio::spawn(async move { deliver(&ctx, operation).await });
        while !worker.is_finished() && !cloud.gate.has_killed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (died, calls) = (cloud.gate.has_killed(), cloud.gate.calls());
        worker.abort();
        let _ = worker.await;
        cloud.gate.judge(|_| Verdict::Pass);
        if died {
            cloud.lab.steward.clock.advance(LATER);
            deliver(cloud.ctx(), operation).await.unwrap();
        }
        assert_issued_once(&cloud.lab, id, operation).await;
        if !died {
            assert!(last > 10, "the job made {} calls only", calls.len());
            break;
        }
    }
    assert_whole(&cloud.lab).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tenth_call_is_throttled() {
    need!("pebble", "pebble-challtestsrv");
    let Some(cloud) = Cloud::start().await else { return };
    cloud.gate.judge(|call| if call.number % 10 == 9 { Verdict::Throttle } else { Verdict::Pass });
    let mut orders = Vec::new();
    for n in 0..4 {
        let (id, operation) = cloud.verified(&format!("t{n}.example")).await;
        deliver(cloud.ctx(), operation).await.unwrap();
        orders.push((id, operation));
    }
    cloud.gate.judge(|_| Verdict::Pass);
    for (id, operation) in orders {
        assert_issued_once(&cloud.lab, id, operation).await;
    }
    assert_whole(&cloud.lab).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_transaction_meets_a_conflict_at_first() {
    need!("pebble", "pebble-challtestsrv");
    let Some(cloud) = Cloud::start().await else { return };
    let met = Arc::new(Mutex::new(0));
    let meets = Arc::clone(&met);
    cloud.gate.judge(move |call| {
        if !call.operation.ends_with("TransactWriteItems") {
            return Verdict::Pass;
        }
        let mut met = meets.lock().unwrap();
        *met += 1;
        if *met % 2 == 1 { Verdict::Cancel } else { Verdict::Pass }
    });
    let (id, operation) = cloud.verified("conflict.example").await;
    deliver(cloud.ctx(), operation).await.unwrap();
    cloud.gate.judge(|_| Verdict::Pass);
    assert!(*met.lock().unwrap() >= 4, "no transaction met one");
    assert_issued_once(&cloud.lab, id, operation).await;
    assert_whole(&cloud.lab).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_for_two_workers_at_once() {
    need!("pebble", "pebble-challtestsrv");
    let Some(cloud) = Cloud::start().await else { return };
    for n in 0..3 {
        let (id, operation) = cloud.verified(&format!("two{n}.example")).await;
        let other = cloud.beside_the_gate();
        let job = job(operation);
        let (one, two) = tokio::join!(issuer::handle(cloud.ctx(), &job), issuer::handle(&other, &job));
        one.unwrap();
        two.unwrap();
        cloud.lab.steward.clock.advance(LATER);
        deliver(cloud.ctx(), operation).await.unwrap();
        assert_issued_once(&cloud.lab, id, operation).await;
    }
    assert_whole(&cloud.lab).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_outlives_its_visibility_timeout() {
    need!("pebble", "pebble-challtestsrv");
    let Some(cloud) = Cloud::start().await else { return };
    let (id, operation) = cloud.verified("slow.example").await;
    let queue = &cloud.ctx().queue;
    let receive = async |visibility| loop {
        if let Some(delivery) = queue.receive(QueueName::Issuer, 1, visibility).await.unwrap().pop() {
            return delivery;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let first = receive(Duration::from_secs(1)).await;
    assert_eq!(first.job, job(operation));
    let fate = Fate::asleep_at("vault.create");
    let slow = fate.of(cloud.ctx());
    let worker = tokio::spawn(async move { deliver(&slow, operation).await });
    fate.died().await;

    let second = receive(Duration::from_secs(60)).await;
    assert_eq!((&second.job, second.receives), (&first.job, 2));
    cloud.lab.steward.clock.advance(LATER);
    deliver(cloud.ctx(), operation).await.unwrap();
    queue.delete(QueueName::Issuer, &second.receipt).await.unwrap();

    fate.wake();
    worker.await.unwrap().unwrap();
    queue.delete(QueueName::Issuer, &first.receipt).await.unwrap();
    assert_issued_once(&cloud.lab, id, operation).await;
    assert_whole(&cloud.lab).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_send_of_a_job_is_lost_after_the_commit() {
    need!("pebble", "pebble-challtestsrv");
    let Some(cloud) = Cloud::start().await else { return };
    // Without an audit entry nothing is done at all.
    let lost = |call: &AwsCall| call.operation.contains("SendMessage") && call.body.contains("-issuer");
    cloud.gate.judge(move |call| if lost(call) { Verdict::Throttle } else { Verdict::Pass });
    let (id, operation) = cloud.verified("lost.example").await;
    assert!(cloud.gate.calls().iter().any(lost), "nothing was lost");
    cloud.gate.judge(|_| Verdict::Pass);
    cloud.lab.steward.clock.advance(LATER);
    assert!(operations::sweep(cloud.ctx()).await.unwrap() >= 1);
    let queue = &cloud.ctx().queue;
    let delivery = loop {
        let mut deliveries = queue.receive(QueueName::Issuer, 1, Duration::from_secs(60)).await.unwrap();
        if let Some(delivery) = deliveries.pop() {
            break delivery;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(delivery.job, job(operation));
    deliver(cloud.ctx(), operation).await.unwrap();
    assert_issued_once(&cloud.lab, id, operation).await;
}
