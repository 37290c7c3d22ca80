//! What every [`Scheduler`] must do. Whatever fires the schedules must be running, and the suite's queue must have no
//! other user.

use std::time::Duration;

use jiff::Timestamp;

use super::{Time, eventually};
use crate::ids::OperationId;
use crate::jobs::Job;
use crate::ports::{Queue, QueueName, Schedule, ScheduleName, Scheduler, When};

/// The queue of the suite.
const QUEUE: QueueName = QueueName::Issuer;

/// The whole suite, one after another. `rate` is the shortest that the adapter knows.
pub async fn all(scheduler: &dyn Scheduler, queue: &dyn Queue, time: &dyn Time, rate: Duration) {
    one_offs(scheduler, queue, time).await;
    rates(scheduler, queue, time, rate).await;
}

/// The part of the suite that has to do with times.
pub async fn one_offs(scheduler: &dyn Scheduler, queue: &dyn Queue, time: &dyn Time) {
    one_off_fires_once(scheduler, queue, time).await;
    past_fires_now(scheduler, queue, time).await;
    replaced(scheduler, queue, time).await;
    cancelled(scheduler, queue, time).await;
    listed(scheduler, queue, time).await;
}

/// The part that has to do with rates; it takes nine times the rate.
pub async fn rates(scheduler: &dyn Scheduler, queue: &dyn Queue, time: &dyn Time, rate: Duration) {
    rate_goes_on(scheduler, queue, time, rate).await;
    same_rate_goes_on(scheduler, queue, time, rate).await;
}

/// A one-off fires at its time, not before, and once.
pub async fn one_off_fires_once(scheduler: &dyn Scheduler, queue: &dyn Queue, time: &dyn Time) {
    let name = name("one-off");
    let at = in_seconds(time, 2);
    set(scheduler, &name, When::At(at), 1).await;
    fired(queue, time, 1).await;
    assert!(time.now() >= at, "it fired early");
    quiet(queue, time, Duration::from_secs(2)).await;
    scheduler.cancel(&name).await.unwrap();
    set(scheduler, &name, When::At(in_seconds(time, 1)), 10).await;
    fired(queue, time, 10).await;
}

/// A time that has passed is as soon as possible.
pub async fn past_fires_now(scheduler: &dyn Scheduler, queue: &dyn Queue, time: &dyn Time) {
    set(scheduler, &name("past"), When::At(in_seconds(time, -3600)), 2).await;
    fired(queue, time, 2).await;
    quiet(queue, time, Duration::from_secs(2)).await;
}

/// Setting a name again leaves the later setting only: another time, and another job.
pub async fn replaced(scheduler: &dyn Scheduler, queue: &dyn Queue, time: &dyn Time) {
    let name = name("replaced");
    set(scheduler, &name, When::At(in_seconds(time, 3600)), 3).await;
    set(scheduler, &name, When::At(in_seconds(time, 2)), 4).await;
    fired(queue, time, 4).await;
    set(scheduler, &name, When::At(in_seconds(time, 2)), 5).await;
    set(scheduler, &name, When::At(in_seconds(time, 3600)), 6).await;
    quiet(queue, time, Duration::from_secs(4)).await;
    scheduler.cancel(&name).await.unwrap();
}

/// What is cancelled does not fire; cancelling again, or what never was, succeeds.
pub async fn cancelled(scheduler: &dyn Scheduler, queue: &dyn Queue, time: &dyn Time) {
    let name = name("cancelled");
    scheduler.cancel(&name).await.unwrap();
    set(scheduler, &name, When::At(in_seconds(time, 2)), 7).await;
    scheduler.cancel(&name).await.unwrap();
    scheduler.cancel(&name).await.unwrap();
    quiet(queue, time, Duration::from_secs(4)).await;
}

/// What is set is listed as it was set, under any name, until it is cancelled.
pub async fn listed(scheduler: &dyn Scheduler, _queue: &dyn Queue, time: &dyn Time) {
    let at = When::At(Timestamp::from_second(in_seconds(time, 7200).as_second()).unwrap());
    let every = |minutes: u64| When::Every(Duration::from_secs(60 * minutes));
    let mut set: Vec<Schedule> = [("at", at), ("one-minute", every(1)), ("more/minutes, grüße", every(90))]
        .into_iter()
        .zip(20..)
        .map(|((end, when), number)| Schedule { name: name(end), when, queue: QueueName::Auditor, job: job(number) })
        .collect();
    for schedule in &set {
        scheduler.set(schedule.clone()).await.unwrap();
    }
    // Replaced, it is listed once.
    set[1].when = every(2);
    scheduler.set(set[1].clone()).await.unwrap();
    for schedule in &set {
        let listed = scheduler.list().await.unwrap();
        let of_name: Vec<_> = listed.iter().filter(|other| other.name == schedule.name).collect();
        assert_eq!(of_name, [schedule]);
        scheduler.cancel(&schedule.name).await.unwrap();
    }
    let left = scheduler.list().await.unwrap();
    assert!(!left.iter().any(|other| set.iter().any(|schedule| schedule.name == other.name)), "{left:?}");
}

/// A rate fires again and again until it is cancelled.
pub async fn rate_goes_on(scheduler: &dyn Scheduler, queue: &dyn Queue, time: &dyn Time, rate: Duration) {
    let name = name("rate");
    set(scheduler, &name, When::Every(rate), 8).await;
    let mut times = Vec::new();
    for _ in 0..3 {
        eventually_after(time, rate, async || received(queue, 8).await).await;
        times.push(time.now());
    }
    let between = Duration::try_from(times[2].duration_since(times[0])).unwrap();
    assert!(between > rate, "three firings within {between:?}");
    scheduler.cancel(&name).await.unwrap();
    // One may have been on its way.
    time.wait(Duration::from_secs(1)).await;
    received(queue, 8).await;
    quiet(queue, time, rate + rate).await;
}

/// Setting a rate that is set already neither delays it nor adds to it.
pub async fn same_rate_goes_on(scheduler: &dyn Scheduler, queue: &dyn Queue, time: &dyn Time, rate: Duration) {
    let name = name("same-rate");
    set(scheduler, &name, When::Every(rate), 9).await;
    let started = time.now();
    let mut fired = 0_u32;
    while time.now().duration_since(started) < (rate * 7 / 2).try_into().unwrap() {
        set(scheduler, &name, When::Every(rate), 9).await;
        time.wait(rate / 5).await;
        fired += u32::from(received(queue, 9).await.is_some());
    }
    scheduler.cancel(&name).await.unwrap();
    assert!((2..=4).contains(&fired), "{fired} firings in three and a half periods");
    time.wait(Duration::from_secs(1)).await;
    received(queue, 9).await;
}

async fn set(scheduler: &dyn Scheduler, name: &ScheduleName, when: When, number: i64) {
    scheduler.set(Schedule { name: name.clone(), when, queue: QUEUE, job: job(number) }).await.unwrap();
}

/// Takes the job of a schedule from the queue; panics on that of another.
async fn received(queue: &dyn Queue, number: i64) -> Option<()> {
    let delivery = queue.receive(QUEUE, 1, Duration::from_secs(120)).await.unwrap().pop()?;
    assert_eq!(delivery.job, job(number), "another schedule fired");
    queue.delete(QUEUE, &delivery.receipt).await.unwrap();
    Some(())
}

async fn fired(queue: &dyn Queue, time: &dyn Time, number: i64) {
    eventually_after(time, Duration::from_secs(2), async || received(queue, number).await).await;
}

/// Waits as long as a schedule may take by right, and then as long as patience lasts.
async fn eventually_after(time: &dyn Time, right: Duration, mut look: impl AsyncFnMut() -> Option<()>) {
    let step = Duration::from_millis(50);
    let mut waited = Duration::ZERO;
    while waited < right {
        if look().await.is_some() {
            return;
        }
        time.wait(step).await;
        waited += step;
    }
    eventually(time, "the firing of a schedule", look).await;
}

async fn quiet(queue: &dyn Queue, time: &dyn Time, duration: Duration) {
    time.wait(duration).await;
    let deliveries = queue.receive(QUEUE, 10, Duration::from_secs(120)).await.unwrap();
    assert!(deliveries.is_empty(), "fired: {deliveries:?}");
}

fn in_seconds(time: &dyn Time, seconds: i64) -> Timestamp {
    Timestamp::from_millisecond(time.now().as_millisecond() + seconds * 1000).unwrap()
}

fn name(end: &str) -> ScheduleName {
    ScheduleName(format!("conformance-{end}"))
}

fn job(number: i64) -> Job {
    Job::Issue { operation: OperationId(number) }
}
