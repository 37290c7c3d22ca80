//! Jobs that come twice, too late, or not at all.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::Context;
use domain::ids::OperationId;
use domain::jobs::Job;
use domain::operations::{self, Next};
use domain::ports::{Delivery, Queue, QueueError, QueueName};
use serde_json::json;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Lab, MoodyCa, Worker};
use tokio::net::TcpListener;

use super::books::{assert_issued_once, assert_whole, deliver_leftovers};
use super::overtaken::verified;

#[tokio::test(flavor = "multi_thread")]
async fn one_job_for_two_workers_at_once() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let ctx = &lab.steward.ctx;
    for n in 0..5 {
        let (id, operation) = verified(&lab, &format!("t{n}.example")).await;
        let job = Job::Issue { operation: OperationId(operation) };
        for _ in 0..3 {
            ctx.queue.send(QueueName::Issuer, &job, Duration::ZERO).await.unwrap();
        }
        {
            let _workers = [Worker::start(ctx), Worker::start(ctx)];
            assert_eq!(lab.ended(operation).await["state"], "succeeded");
        }
        assert_issued_once(&lab, id, operation).await;
        deliver_leftovers(&lab).await;
    }
    assert_whole(&lab).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_comes_after_its_end_is_done_without_the_ca() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let (id, operation) = verified(&lab, "late.example").await;
    lab.ended(operation).await;
    let (ctx, ca) = MoodyCa::of(&lab.steward.ctx);
    let job = Job::Issue { operation: OperationId(operation) };
    assert_eq!(issuer::handle(&ctx, &job).await.unwrap(), Next::Done);
    assert_eq!(ca.take(), [""; 0]);
    assert_issued_once(&lab, id, operation).await;
}

/// A queue that takes no jobs but audit entries, without which nothing is done.
#[derive(Debug)]
struct Full(Arc<dyn Queue>);

#[async_trait]
impl Queue for Full {
    async fn send(&self, queue: QueueName, job: &Job, delay: Duration) -> Result<(), QueueError> {
        match queue {
            QueueName::Auditor => self.0.send(queue, job, delay).await,
            _ => Err(QueueError("no".into())),
        }
    }

    async fn receive(&self, queue: QueueName, max: usize, visibility: Duration) -> Result<Vec<Delivery>, QueueError> {
        self.0.receive(queue, max, visibility).await
    }

    async fn delete(&self, queue: QueueName, receipt: &str) -> Result<(), QueueError> {
        self.0.delete(queue, receipt).await
    }

    async fn waiting(&self, queue: QueueName) -> Result<Vec<Job>, QueueError> {
        self.0.waiting(queue).await
    }

    async fn dead_letters(&self, queue: QueueName, max: usize) -> Result<Vec<Job>, QueueError> {
        self.0.dead_letters(queue, max).await
    }

    async fn ready(&self, queue: QueueName) {
        self.0.ready(queue).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_lost_after_the_commit_is_sent_again_after_a_minute() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let ordered = lab.order(&["lost.example"]).await;
    lab.make_records(&ordered).await;
    let id = ordered["id"].as_i64().unwrap();

    let ctx = &lab.steward.ctx;
    let router = steward::router(Context { queue: Arc::new(Full(ctx.queue.clone())), ..ctx.clone() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = lab.admin.at(&format!("http://{}", listener.local_addr().unwrap()));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let reply = elsewhere.post(&format!("/api/certificates/{id}/verify"), json!({})).await.ok();
    server.abort();
    let operation = reply["operation_id"].as_i64().unwrap();

    lab.steward.clock.advance(Duration::from_secs(50));
    assert_eq!(operations::sweep(ctx).await.unwrap(), 0, "not a minute yet");
    assert_eq!(lab.admin.get(&format!("/api/operations/{operation}")).await.ok()["state"], "pending");
    // Now the running Steward's own sweep comes due.
    lab.steward.clock.advance(Duration::from_secs(71));
    assert_eq!(lab.ended(operation).await["state"], "succeeded");
    assert_issued_once(&lab, id, operation).await;
}
