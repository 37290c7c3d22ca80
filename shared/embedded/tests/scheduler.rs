//! The embedded scheduler passes the suite of the port, and fires what came due while nothing ran.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::Duration;

use domain::conformance::scheduler;
use domain::ids::OperationId;
use domain::jobs::Job;
use domain::ports::{Clock, Delivery, Queue, QueueName, Schedule, ScheduleName, Scheduler, When};
use embedded::Embedded;
use support::{System, directory, open};

fn job(number: i64) -> Job {
    Job::Issue { operation: OperationId(number) }
}

async fn set(embedded: &Embedded, name: &str, when: When, number: i64) {
    let name = ScheduleName(name.into());
    embedded.scheduler().set(Schedule { name, when, queue: QueueName::Issuer, job: job(number) }).await.unwrap();
}

/// Runs the schedules for a while; gives what they sent.
async fn fired(embedded: &Embedded, during: Duration) -> Vec<Job> {
    let _ = tokio::time::timeout(during, embedded.scheduler().run()).await;
    let deliveries = embedded.queue().receive(QueueName::Issuer, 100, Duration::from_secs(60)).await.unwrap();
    let mut jobs: Vec<_> = deliveries.into_iter().map(|Delivery { job, .. }| job).collect();
    jobs.sort_by_key(|job| format!("{job:?}"));
    jobs
}

macro_rules! suite {
    ($($name:ident($($rate:expr)?)),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let (_parent, data) = directory();
            let embedded = open(&data);
            let (scheduler, queue) = (embedded.scheduler(), embedded.queue());
            let running = tokio::spawn({
                let scheduler = scheduler.clone();
                async move { scheduler.run().await }
            });
            scheduler::$name(scheduler.as_ref(), queue.as_ref(), &System $(, $rate)?).await;
            running.abort();
        }
    )+};
}

suite! {
    one_off_fires_once(),
    past_fires_now(),
    replaced(),
    cancelled(),
    listed(),
    rate_goes_on(Duration::from_secs(1)),
    same_rate_goes_on(Duration::from_secs(1)),
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_due_while_down_fires_once_after_the_restart() {
    let (_parent, data) = directory();
    {
        let embedded = open(&data);
        let soon = Clock::now(&System) + jiff::SignedDuration::from_millis(200);
        set(&embedded, "one-off", When::At(soon), 1).await;
        set(&embedded, "rate", When::Every(Duration::from_secs(1)), 2).await;
        set(&embedded, "later", When::At(soon + jiff::SignedDuration::from_hours(1)), 3).await;
    }
    // Three periods of the rate.
    tokio::time::sleep(Duration::from_millis(3050)).await;
    {
        let embedded = open(&data);
        assert_eq!(fired(&embedded, Duration::from_millis(200)).await, [job(1), job(2)]);
    }
    let embedded = open(&data);
    assert_eq!(fired(&embedded, Duration::from_millis(200)).await, [], "one firing makes up for three");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(fired(&embedded, Duration::from_millis(300)).await, [job(2)], "a one-off is gone after it fired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_fires_on_time() {
    let (_parent, data) = directory();
    let embedded = open(&data);
    let (scheduler, queue) = (embedded.scheduler(), embedded.queue());
    let running = tokio::spawn(async move { scheduler.run().await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let at = Clock::now(&System) + jiff::SignedDuration::from_millis(350);
    set(&embedded, "soon", When::At(at), 4).await;
    while queue.receive(QueueName::Issuer, 1, Duration::from_secs(60)).await.unwrap().is_empty() {
        queue.ready(QueueName::Issuer).await;
    }
    let late = Clock::now(&System).duration_since(at).as_millis();
    assert!((0..200).contains(&late), "{late} ms late");
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_under_a_second_is_refused() {
    let (_parent, data) = directory();
    let schedule = Schedule {
        name: ScheduleName("fast".into()),
        when: When::Every(Duration::from_millis(999)),
        queue: QueueName::Issuer,
        job: Job::Sweep,
    };
    let error = open(&data).scheduler().set(schedule).await.unwrap_err();
    assert!(error.to_string().contains("too short"), "{error}");
}
