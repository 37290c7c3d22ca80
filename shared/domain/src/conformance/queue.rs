//! What every [`Queue`] must do. The queue of the suite must have no other user.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Time, eventually};
use crate::ids::OperationId;
use crate::jobs::Job;
use crate::ports::{Delivery, Queue, QueueName};

/// The queue of the suite.
const QUEUE: QueueName = QueueName::Issuer;

/// Long enough that nothing in a test takes as long.
const LONG: Duration = Duration::from_secs(120);

/// The shortest that every adapter can tell from none.
const SHORT: Duration = Duration::from_secs(2);

/// The whole suite, one after another.
pub async fn all(queue: Arc<dyn Queue>, time: &dyn Time) {
    sent_is_received(queue.as_ref(), time).await;
    queues_are_apart(queue.as_ref(), time).await;
    delay(queue.as_ref(), time).await;
    visibility(queue.as_ref(), time).await;
    stale_receipt(queue.as_ref(), time).await;
    receives_at_most(queue.as_ref(), time).await;
    waiting_are_all(queue.as_ref(), time).await;
    one_receiver_each(Arc::clone(&queue), time).await;
    ready_wakes(Arc::clone(&queue), time).await;
    poison_becomes_a_dead_letter(queue.as_ref(), time).await;
}

/// A job comes back as it was sent, once, and is gone when it was deleted.
pub async fn sent_is_received(queue: &dyn Queue, time: &dyn Time) {
    assert!(queue.receive(QUEUE, 10, LONG).await.unwrap().is_empty(), "the queue has another user");
    send(queue, 1).await;
    let delivery = next(queue, time, LONG).await;
    assert_eq!((&delivery.job, delivery.receives), (&job(1), 1));
    assert!(queue.receive(QUEUE, 10, LONG).await.unwrap().is_empty(), "a received job is hidden");
    queue.delete(QUEUE, &delivery.receipt).await.unwrap();
    queue.delete(QUEUE, &delivery.receipt).await.unwrap();
}

/// A job is on the queue it was sent to only.
pub async fn queues_are_apart(queue: &dyn Queue, time: &dyn Time) {
    send(queue, 2).await;
    assert!(queue.receive(QueueName::Auditor, 10, LONG).await.unwrap().is_empty());
    finish(queue, next(queue, time, LONG).await).await;
}

/// A delayed job is not received before its time.
pub async fn delay(queue: &dyn Queue, time: &dyn Time) {
    let sent = time.now();
    queue.send(QUEUE, &job(3), SHORT).await.unwrap();
    assert!(queue.receive(QUEUE, 10, LONG).await.unwrap().is_empty());
    let delivery = next(queue, time, LONG).await;
    let waited = Duration::try_from(time.now().duration_since(sent)).unwrap();
    // Some queues count whole seconds.
    assert!(waited + Duration::from_secs(1) > SHORT, "received after {waited:?}");
    finish(queue, delivery).await;
}

/// A job that is not deleted is received again, and says so.
pub async fn visibility(queue: &dyn Queue, time: &dyn Time) {
    send(queue, 4).await;
    let first = next(queue, time, SHORT).await;
    assert!(queue.receive(QUEUE, 10, SHORT).await.unwrap().is_empty());
    let second = next(queue, time, LONG).await;
    assert_eq!((&second.job, first.receives, second.receives), (&job(4), 1, 2));
    finish(queue, second).await;
}

/// The receipt of an earlier delivery deletes nothing.
pub async fn stale_receipt(queue: &dyn Queue, time: &dyn Time) {
    send(queue, 5).await;
    let first = next(queue, time, SHORT).await;
    let second = next(queue, time, SHORT).await;
    assert_eq!(second.receives, 2);
    queue.delete(QUEUE, &first.receipt).await.unwrap();
    let third = next(queue, time, SHORT).await;
    assert_eq!((&third.job, third.receives), (&job(5), 3), "a stale receipt deleted the job");
    finish(queue, third).await;
    time.wait(SHORT + SHORT / 2).await;
    assert!(queue.receive(QUEUE, 10, LONG).await.unwrap().is_empty(), "a deleted job came back");
}

/// `max` is kept, and what is left over is received by the next call.
pub async fn receives_at_most(queue: &dyn Queue, time: &dyn Time) {
    for number in 10..15 {
        send(queue, number).await;
    }
    let mut seen = Vec::new();
    while seen.len() < 5 {
        let deliveries = eventually(time, "more jobs", async || {
            Some(queue.receive(QUEUE, 2, LONG).await.unwrap()).filter(|deliveries| !deliveries.is_empty())
        })
        .await;
        assert!(deliveries.len() <= 2);
        for delivery in deliveries {
            seen.push(number(&delivery.job));
            finish(queue, delivery).await;
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, [10, 11, 12, 13, 14]);
}

/// What waits is listed and stays: what is visible, what somebody holds, and what is delayed.
pub async fn waiting_are_all(queue: &dyn Queue, time: &dyn Time) {
    for number in 20..35 {
        send(queue, number).await;
    }
    next(queue, time, SHORT).await;
    queue.send(QUEUE, &job(35), SHORT).await.unwrap();
    for _ in 0..2 {
        let mut listed: Vec<i64> = queue.waiting(QUEUE).await.unwrap().iter().map(number).collect();
        listed.sort_unstable();
        assert_eq!(listed, (20..36).collect::<Vec<_>>());
        assert!(queue.waiting(QueueName::Auditor).await.unwrap().is_empty());
    }
    for _ in 20..36 {
        finish(queue, next(queue, time, LONG).await).await;
    }
    assert!(queue.waiting(QUEUE).await.unwrap().is_empty(), "a deleted job is listed");
}

/// Receivers at work at once never hold the same job.
pub async fn one_receiver_each(queue: Arc<dyn Queue>, time: &dyn Time) {
    for number in 100..140 {
        send(queue.as_ref(), number).await;
    }
    let mut seen: BTreeMap<i64, u32> = BTreeMap::new();
    eventually(time, "forty jobs", async || {
        let receivers = [(); 4].map(|()| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move { queue.receive(QUEUE, 3, LONG).await.unwrap() })
        });
        let mut received = Vec::new();
        for receiver in receivers {
            received.extend(receiver.await.unwrap());
        }
        for delivery in received {
            *seen.entry(number(&delivery.job)).or_default() += 1;
            finish(queue.as_ref(), delivery).await;
        }
        (seen.len() >= 40).then_some(())
    })
    .await;
    assert!(seen.values().all(|times| *times == 1), "a job was held twice at once: {seen:?}");
}

/// Waiting for a job ends when one is sent, and when a delayed one comes due.
pub async fn ready_wakes(queue: Arc<dyn Queue>, time: &dyn Time) {
    for delay in [Duration::ZERO, SHORT] {
        let waiting = Arc::clone(&queue);
        // It may wake without a job; the caller looks and waits again.
        let receiver = tokio::spawn(async move {
            loop {
                waiting.ready(QUEUE).await;
                let deliveries = waiting.receive(QUEUE, 1, LONG).await.unwrap();
                if let Some(delivery) = deliveries.into_iter().next() {
                    return delivery;
                }
            }
        });
        time.wait(Duration::from_millis(100)).await;
        queue.send(QUEUE, &job(6), delay).await.unwrap();
        eventually(time, "a receiver that waits", async || receiver.is_finished().then_some(())).await;
        finish(queue.as_ref(), receiver.await.unwrap()).await;
    }
}

/// A job that is never deleted is received [`Queue::MAX_RECEIVES`] times, and is then among the dead letters.
pub async fn poison_becomes_a_dead_letter(queue: &dyn Queue, time: &dyn Time) {
    let before = queue.dead_letters(QUEUE, 10).await.unwrap().len();
    let poison = job(time.now().as_millisecond());
    queue.send(QUEUE, &poison, Duration::ZERO).await.unwrap();
    for receives in 1..=<dyn Queue>::MAX_RECEIVES {
        let delivery = next(queue, time, Duration::from_secs(1)).await;
        assert_eq!((&delivery.job, delivery.receives), (&poison, receives));
    }
    eventually(time, "a dead letter", async || {
        let deliveries = queue.receive(QUEUE, 10, LONG).await.unwrap();
        assert!(deliveries.is_empty(), "a job was received too often");
        queue.dead_letters(QUEUE, 10).await.unwrap().contains(&poison).then_some(())
    })
    .await;
    let dead = queue.dead_letters(QUEUE, 10).await.unwrap();
    assert!(dead.contains(&poison), "looking at dead letters removed one");
    assert_eq!(dead.len(), (before + 1).min(10));
    assert_eq!(queue.dead_letters(QUEUE, 1).await.unwrap().len(), 1);
}

async fn send(queue: &dyn Queue, number: i64) {
    queue.send(QUEUE, &job(number), Duration::ZERO).await.unwrap();
}

/// The next job of the queue.
async fn next(queue: &dyn Queue, time: &dyn Time, visibility: Duration) -> Delivery {
    eventually(time, "a visible job", async || queue.receive(QUEUE, 1, visibility).await.unwrap().pop()).await
}

async fn finish(queue: &dyn Queue, delivery: Delivery) {
    queue.delete(QUEUE, &delivery.receipt).await.unwrap();
}

fn job(number: i64) -> Job {
    Job::Issue { operation: OperationId(number) }
}

fn number(job: &Job) -> i64 {
    match job {
        Job::Issue { operation } => operation.0,
        other => panic!("a job of somebody else: {other:?}"),
    }
}
