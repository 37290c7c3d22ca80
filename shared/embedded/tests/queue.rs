//! The embedded queue passes the suite of the port, and adds promises of its own.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::conformance::queue;
use domain::ids::OperationId;
use domain::jobs::Job;
use domain::ports::{Queue, QueueName};
use support::{System, directory, open};

const JOB: Job = Job::Issue { operation: OperationId(1) };

macro_rules! suite {
    ($($name:ident($queue:ident)),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let (_parent, data) = directory();
            let embedded = open(&data);
            let shared: Arc<dyn Queue> = embedded.queue();
            queue::$name(suite!(@ $queue shared), &System).await;
        }
    )+};
    (@ queue $shared:ident) => { $shared.as_ref() };
    (@ shared $shared:ident) => { $shared };
}

suite! {
    sent_is_received(queue),
    queues_are_apart(queue),
    delay(queue),
    visibility(queue),
    stale_receipt(queue),
    waiting_are_all(queue),
    receives_at_most(queue),
    one_receiver_each(shared),
    ready_wakes(shared),
    poison_becomes_a_dead_letter(queue),
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_survive_reopening() {
    let (_parent, data) = directory();
    {
        let queue = open(&data).queue();
        queue.send(QueueName::Issuer, &JOB, Duration::ZERO).await.unwrap();
        queue.send(QueueName::Auditor, &Job::Sweep, Duration::from_millis(300)).await.unwrap();
        let held = queue.receive(QueueName::Issuer, 1, Duration::from_millis(300)).await.unwrap();
        assert_eq!(held.len(), 1);
    }
    let queue = open(&data).queue();
    tokio::time::sleep(Duration::from_millis(310)).await;
    let delivery = queue.receive(QueueName::Issuer, 1, Duration::ZERO).await.unwrap().pop().unwrap();
    assert_eq!((delivery.job, delivery.receives), (JOB, 2));
    let delivery = queue.receive(QueueName::Auditor, 1, Duration::ZERO).await.unwrap().pop().unwrap();
    assert_eq!((delivery.job, delivery.receives), (Job::Sweep, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn delays_are_kept_to_milliseconds_and_ready_wakes_on_time() {
    let (_parent, data) = directory();
    let queue = open(&data).queue();
    for delay in [0, 40, 250, 1300].map(Duration::from_millis) {
        let sent = Instant::now();
        queue.send(QueueName::Issuer, &JOB, delay).await.unwrap();
        let delivery = loop {
            queue.ready(QueueName::Issuer).await;
            if let Some(delivery) = queue.receive(QueueName::Issuer, 1, Duration::from_secs(9)).await.unwrap().pop() {
                break delivery;
            }
        };
        let late = (sent.elapsed() + Duration::from_millis(1)).checked_sub(delay).expect("it came early");
        assert!(late < Duration::from_millis(200), "{delay:?} came {late:?} late");
        queue.delete(QueueName::Issuer, &delivery.receipt).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_wakes_at_once_when_a_job_is_sent() {
    let (_parent, data) = directory();
    let queue = open(&data).queue();
    let waiting = queue.clone();
    let receiver = tokio::spawn(async move {
        waiting.ready(QueueName::Issuer).await;
        Instant::now()
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let sent = Instant::now();
    queue.send(QueueName::Issuer, &JOB, Duration::ZERO).await.unwrap();
    let woken = receiver.await.unwrap();
    assert!(woken.duration_since(sent) < Duration::from_millis(300), "{:?}", woken.duration_since(sent));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_is_none_is_an_error() {
    let (_parent, data) = directory();
    assert!(open(&data).queue().delete(QueueName::Issuer, "nonsense").await.is_err());
}
