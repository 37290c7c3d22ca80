//! The `Queue` port as rows of the embedded database.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::jobs::Job;
use domain::ports::{
    Attribute, Clock, Delivery, Entropy, EntropyExt, Expect, Index, Item, Key, KeyValue, Projection, Query, Queue,
    QueueError, QueueName, Store, StoreError, Table, Write,
};
use serde::Deserialize;
use tokio::sync::{Mutex, Notify};

use crate::store::EmbeddedStore;

/// Jobs that wait, ordered in `by_visible` by the time they can be received; those given up are in `by_dead` instead.
pub(crate) static MESSAGES: Table = Table {
    name: "queue_messages",
    partition: Attribute::text("id"),
    sort: None,
    indexes: &[
        Index {
            name: "by_visible",
            partition: Attribute::text("queue"),
            sort: Attribute::number("visible_at"),
            projection: Projection::All,
        },
        Index {
            name: "by_dead",
            partition: Attribute::text("dead"),
            sort: Attribute::number("visible_at"),
            projection: Projection::All,
        },
    ],
    ttl: None,
};

/// The longest that [`EmbeddedQueue::ready`] trusts its timer: the clock may be set while it waits.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The most jobs taken in one transaction, which holds at most 100 writes.
const MOST_AT_ONCE: usize = 100;

/// Jobs in the embedded database.
#[derive(Debug)]
pub struct EmbeddedQueue {
    store: EmbeddedStore,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// One for each of [`QueueName::ALL`], told of each job sent.
    sent: [Notify; QueueName::ALL.len()],
    /// Held while jobs are taken: two receivers that look at the same head of a queue would only refuse each other.
    receiving: Mutex<()>,
}

impl EmbeddedQueue {
    pub(crate) fn new(store: EmbeddedStore, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, clock, entropy, sent: Default::default(), receiving: Mutex::new(()) }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    fn sent(&self, queue: QueueName) -> &Notify {
        let [issuer, deployer, prober, auditor, notifier] = &self.sent;
        match queue {
            QueueName::Issuer => issuer,
            QueueName::Deployer => deployer,
            QueueName::Auditor => auditor,
            QueueName::Prober => prober,
            QueueName::Notifier => notifier,
        }
    }

    /// Takes what is visible; `None` when a job was deleted in the middle of it.
    async fn take(
        &self,
        queue: QueueName,
        max: usize,
        visibility: Duration,
    ) -> Result<Option<Vec<Delivery>>, QueueError> {
        let now = self.now();
        let mut query = Query::of(&MESSAGES, queue.as_str());
        query.index = Some("by_visible");
        query.sort_at_most = Some(KeyValue::Number(now));
        query.limit = u32::try_from(max).ok();
        let page = self.store.query(query).await.map_err(failed)?;
        let mut deliveries = Vec::new();
        let mut writes = Vec::new();
        for mut item in page.items {
            let rev = integer(&item, "rev");
            item.insert("rev".into(), (rev + 1).into());
            match deliver(&item) {
                Some(delivery) => {
                    item.insert("receives".into(), delivery.receives.into());
                    item.insert("visible_at".into(), now.saturating_add(milliseconds(visibility)).into());
                    deliveries.push(delivery);
                }
                None => {
                    tracing::error!(queue = queue.as_str(), job = ?item.get("job"), "job given up: a dead letter now");
                    item.remove("queue");
                    item.insert("dead".into(), queue.as_str().into());
                    item.insert("visible_at".into(), now.into());
                }
            }
            writes.push(Write::Put { table: &MESSAGES, item, expect: Expect::Rev(rev) });
        }
        match self.store.transact(writes).await {
            Ok(()) => Ok(Some(deliveries)),
            Err(StoreError::Unexpected { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

#[async_trait]
impl Queue for EmbeddedQueue {
    async fn send(&self, queue: QueueName, job: &Job, delay: Duration) -> Result<(), QueueError> {
        let job = serde_json::to_value(job).map_err(|e| QueueError(format!("a job cannot be stored: {e}")))?;
        let item = Item::from_iter([
            ("id".into(), self.entropy.hex::<16>().into()),
            ("queue".into(), queue.as_str().into()),
            ("visible_at".into(), self.now().saturating_add(milliseconds(delay)).into()),
            ("receives".into(), 0.into()),
            ("rev".into(), 1.into()),
            ("job".into(), job),
        ]);
        self.store.write(Write::Put { table: &MESSAGES, item, expect: Expect::Absent }).await.map_err(failed)?;
        self.sent(queue).notify_waiters();
        Ok(())
    }

    async fn receive(&self, queue: QueueName, max: usize, visibility: Duration) -> Result<Vec<Delivery>, QueueError> {
        let _receiving = self.receiving.lock().await;
        let max = max.min(MOST_AT_ONCE);
        // A full disk has room for the trail of those who make room, and for no other work.
        if max == 0 || (self.store.is_short() && queue != QueueName::Auditor) {
            return Ok(Vec::new());
        }
        loop {
            if let Some(deliveries) = self.take(queue, max, visibility).await? {
                return Ok(deliveries);
            }
        }
    }

    async fn delete(&self, _queue: QueueName, receipt: &str) -> Result<(), QueueError> {
        let parsed = receipt.split_once('/').and_then(|(id, rev)| Some((id, rev.parse().ok()?)));
        let (id, rev) = parsed.ok_or_else(|| QueueError("the receipt is not one this queue gave".into()))?;
        match self.store.write(Write::Delete { table: &MESSAGES, key: Key::of(id), expect: Expect::Rev(rev) }).await {
            Ok(()) | Err(StoreError::Unexpected { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    async fn waiting(&self, queue: QueueName) -> Result<Vec<Job>, QueueError> {
        let mut query = Query::of(&MESSAGES, queue.as_str());
        query.index = Some("by_visible");
        let mut jobs = Vec::new();
        loop {
            let page = self.store.query(query.clone()).await.map_err(failed)?;
            jobs.extend(page.items.iter().filter_map(job));
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(jobs),
            }
        }
    }

    async fn dead_letters(&self, queue: QueueName, max: usize) -> Result<Vec<Job>, QueueError> {
        let mut query = Query::of(&MESSAGES, queue.as_str());
        query.index = Some("by_dead");
        let mut jobs = Vec::new();
        loop {
            let Some(missing) = max.checked_sub(jobs.len()).filter(|missing| *missing > 0) else { return Ok(jobs) };
            query.limit = Some(u32::try_from(missing).unwrap_or(u32::MAX));
            let page = self.store.query(query.clone()).await.map_err(failed)?;
            jobs.extend(page.items.iter().filter_map(job));
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(jobs),
            }
        }
    }

    async fn ready(&self, queue: QueueName) {
        let sent = self.sent(queue).notified();
        tokio::pin!(sent);
        // From here on a send is noticed, even one that comes between the look and the wait.
        sent.as_mut().enable();
        let mut query = Query::of(&MESSAGES, queue.as_str());
        query.index = Some("by_visible");
        query.limit = Some(1);
        let first = match self.store.query(query).await {
            Ok(page) => page.items.first().and_then(|item| item.get("visible_at")?.as_i64()),
            Err(error) => {
                tracing::error!(queue = queue.as_str(), %error, "the queue cannot be read");
                None
            }
        };
        let until = first.map_or(LOOK_AGAIN, |at| {
            Duration::from_millis(u64::try_from(at.saturating_sub(self.now())).unwrap_or(0)).min(LOOK_AGAIN)
        });
        let until = if self.store.is_short() { LOOK_AGAIN } else { until };
        if !until.is_zero() {
            let _ = tokio::time::timeout(until, sent).await;
        }
    }
}

/// The next delivery of a job, under the revision that it writes; `None` for one to be given up, because it was
/// received often enough or cannot be read (a newer Steward may have sent it).
fn deliver(item: &Item) -> Option<Delivery> {
    let receives = u32::try_from(integer(item, "receives")).ok()?;
    if receives >= <dyn Queue>::MAX_RECEIVES {
        return None;
    }
    let id = item.get("id")?.as_str()?;
    // A later delivery makes another revision, so that an old receipt fits no more.
    let receipt = format!("{id}/{}", integer(item, "rev"));
    Some(Delivery { job: job(item)?, receives: receives + 1, receipt })
}

fn job(item: &Item) -> Option<Job> {
    Job::deserialize(item.get("job")?).ok()
}

fn integer(item: &Item, name: &str) -> u64 {
    item.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0)
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn failed(error: StoreError) -> QueueError {
    QueueError(error.to_string())
}
