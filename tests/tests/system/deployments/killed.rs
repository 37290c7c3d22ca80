//! The worker dies at each of its calls to the ports, before it and after it, on the way to a deployment and on the way
//! back from one.

use std::sync::Arc;
use std::time::Duration;

use domain::operations;
use domain::ports::QueueName;
use serde_json::{Value, json};
use system_tests::need;
use system_tests::steward::{Fate, Moment, SiteLab, Worker, eventually};

/// Longer than a lease, and than a delivered job is hidden.
const LATER: Duration = Duration::from_secs(121);

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_before_any_call_deploys_in_the_end() {
    every_death(Moment::Before, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_after_any_call_deploys_in_the_end() {
    every_death(Moment::After, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_before_any_call_of_a_rollback_rolls_back_in_the_end() {
    every_death(Moment::Before, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_after_any_call_of_a_rollback_rolls_back_in_the_end() {
    every_death(Moment::After, true).await;
}

async fn every_death(moment: Moment, fails: bool) {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::idle().await;
    let mut config = lab.config();
    if fails {
        config["test"] = json!("false");
    }
    let deployment = lab.deployment(config).await;
    let visitor = lab.visitor();
    for call in 0.. {
        assert!(call < 300, "a run makes fewer calls");
        let before = lab.served().await;
        let renewed = lab.renew().await;
        let operation = start(&lab, deployment).await;
        let fate = Fate::at(call, moment);
        let died = run_until_death(&lab, &fate, operation).await;
        if died {
            take_up(&lab, call).await;
        }
        let _worker = Worker::of(&lab.steward.ctx, QueueName::Deployer);
        lab.ended(operation).await;
        let run = lab.last_run_of(deployment, operation).await;
        let about = || format!("died at {call} {moment:?} of {:?}: {run}", fate.calls());
        let (result, served) = if fails { ("rolled_back", &before) } else { ("deployed", &renewed) };
        assert_eq!(run["result"], result, "{}", about());
        assert_eq!(&lab.served().await, served, "{}", about());
        deliver_leftovers(&lab).await;
        assert_eq!(&lab.served().await, served, "{}", about());
        if !died {
            assert!(call > 20, "it was killed at {call} calls only: {:?}", fate.calls());
            let (answers, took) = visitor.all_good();
            println!("died {moment:?} each of {call} calls; {answers} visitors in {took:?}, all served well");
            return;
        }
    }
}

/// Starts a run; its operation. What had waited to try again may have been at work when the last worker was ended: that
/// is brought to its end first.
async fn start(lab: &SiteLab, deployment: i64) -> i64 {
    loop {
        let reply = lab.admin.post(&format!("/api/deployments/{deployment}/run"), json!({})).await;
        if reply.status == 202 {
            return reply.json["operation_id"].as_i64().unwrap();
        }
        lab.steward.clock.advance(LATER);
        let _worker = Worker::of(&lab.steward.ctx, QueueName::Deployer);
        let waits = || async {
            let shown = lab.shown(deployment).await;
            let operation = lab.admin.get(&format!("/api/operations/{}", shown["operation_id"])).await;
            (shown["operation_id"].is_null() || operation.json["attempts"] == 0).then_some(())
        };
        eventually("the end of another run", waits).await;
    }
}

/// Whether the worker died before the operation ended.
async fn run_until_death(lab: &SiteLab, fate: &Arc<Fate>, operation: i64) -> bool {
    let _worker = Worker::of(&fate.of(&lab.steward.ctx), QueueName::Deployer);
    for _ in 0..3000 {
        if fate.is_dead() {
            return true;
        }
        let shown: Value = lab.admin.get(&format!("/api/operations/{operation}")).await.ok();
        let over = shown["state"] == "succeeded" || shown["state"] == "failed";
        if over && fate.calls().last() == Some(&"queue.delete") {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("neither dead nor done: {:?}", fate.calls());
}

/// The process starts again; or another worker runs already, the lease ends, and the job comes again.
async fn take_up(lab: &SiteLab, call: usize) {
    if call.is_multiple_of(2) {
        operations::recover(&lab.steward.ctx).await.unwrap();
    } else {
        lab.steward.clock.advance(LATER);
    }
}

/// Delivers what is left on the queue, long after all is done: it must change nothing.
async fn deliver_leftovers(lab: &SiteLab) {
    let ctx = &lab.steward.ctx;
    lab.steward.clock.advance(Duration::from_secs(1));
    for _ in 0..5 {
        for delivery in ctx.queue.receive(QueueName::Deployer, 100, LATER).await.unwrap() {
            let next = deployer::handle(ctx, &delivery.job).await.unwrap();
            // What waits to try again after a failure goes on waiting.
            if let domain::operations::Next::Again(pause) = next {
                ctx.queue.send(QueueName::Deployer, &delivery.job, pause).await.unwrap();
            }
            ctx.queue.delete(QueueName::Deployer, &delivery.receipt).await.unwrap();
        }
    }
}
