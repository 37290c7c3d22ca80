//! The `Queue` port as rows of the embedded database.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::ids::UserId;
use domain::jobs::Job;
use domain::ports::{
    Attribute, Clock, Delivery, Entropy, EntropyExt, Expect, Index, Item, Key, KeyValue, Projection, Query, Queue,
    QueueError, QueueName, Room, Store, StoreError, Table, Write,
};
use serde::Deserialize;
use tokio::sync::{Mutex, Notify};

use crate::store::EmbeddedStore;

/// Jobs that wait, ordered in `by_visible` by the time they can be received, and in `by_lane` beside the others of their
/// owner; those given up are in `by_dead` instead.
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
            name: "by_lane",
            partition: Attribute::text("lane"),
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
    /// The owners of jobs on each queue, some of which may be gone by now; `None` until they were read.
    lanes: [std::sync::Mutex<Option<Lanes>>; QueueName::ALL.len()],
    /// Held while jobs are taken: two receivers that look at the same head of a queue would only refuse each other.
    receiving: Mutex<()>,
}

impl EmbeddedQueue {
    pub(crate) fn new(store: EmbeddedStore, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, clock, entropy, sent: Default::default(), lanes: Default::default(), receiving: Mutex::new(()) }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// How long to wait for the first job.
    fn until(&self, first: Option<i64>) -> Duration {
        first.map_or(LOOK_AGAIN, |at| {
            Duration::from_millis(u64::try_from(at.saturating_sub(self.now())).unwrap_or(0)).min(LOOK_AGAIN)
        })
    }

    fn sent(&self, queue: QueueName) -> &Notify {
        of(&self.sent, queue)
    }

    /// Takes note that an owner has a job on a queue.
    fn enter(&self, queue: QueueName, owner: Option<UserId>) {
        if let Some(lanes) = of(&self.lanes, queue).lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            lanes.owners.insert(owner);
        }
    }

    /// The owners who may have jobs on a queue, beginning after the one who was served last.
    async fn lanes(&self, queue: QueueName) -> Result<Vec<Option<UserId>>, QueueError> {
        let known = || {
            let lanes = of(&self.lanes, queue).lock().unwrap_or_else(PoisonError::into_inner);
            lanes.as_ref().map(Lanes::in_turn)
        };
        if let Some(known) = known() {
            return Ok(known);
        }
        // Owners who come while the others are read are noted as well.
        of(&self.lanes, queue).lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
        if let Err(error) = self.read_lanes(queue).await {
            *of(&self.lanes, queue).lock().unwrap_or_else(PoisonError::into_inner) = None;
            return Err(error);
        }
        Ok(known().unwrap_or_default())
    }

    async fn read_lanes(&self, queue: QueueName) -> Result<(), QueueError> {
        let mut query = Query::of(&MESSAGES, queue.as_str());
        query.index = Some("by_visible");
        loop {
            let page = self.store.query(query.clone()).await.map_err(failed)?;
            for item in page.items {
                let owner = match item.contains_key("lane") {
                    true => owner(&item),
                    false => self.give_lane(queue, item).await?,
                };
                self.enter(queue, owner);
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Writes the owner of a job into its row, where an earlier version left it out.
    async fn give_lane(&self, queue: QueueName, mut item: Item) -> Result<Option<UserId>, QueueError> {
        let owner = match job(&item) {
            Some(job) => self.owner(&job).await?,
            None => None,
        };
        let rev = integer(&item, "rev");
        put_lane(&mut item, queue, owner);
        item.insert("rev".into(), (rev + 1).into());
        match self.store.write(Write::Put { table: &MESSAGES, item, expect: Expect::Rev(rev) }).await {
            Ok(()) | Err(StoreError::Unexpected { .. }) => Ok(owner),
            Err(error) => Err(failed(error)),
        }
    }

    async fn owner(&self, job: &Job) -> Result<Option<UserId>, QueueError> {
        job.owner(&self.store).await.map_err(|error| QueueError(error.to_string()))
    }

    async fn put(&self, queue: QueueName, owner: Option<UserId>, job: &Job, delay: Duration) -> Result<(), QueueError> {
        let job = serde_json::to_value(job).map_err(|e| QueueError(format!("a job cannot be stored: {e}")))?;
        let now = self.now();
        let mut item = Item::from_iter([
            ("id".into(), self.entropy.hex::<16>().into()),
            ("queue".into(), queue.as_str().into()),
            ("set_at".into(), now.into()),
            ("visible_at".into(), now.saturating_add(milliseconds(delay)).into()),
            ("receives".into(), 0.into()),
            ("rev".into(), 1.into()),
            ("job".into(), job),
        ]);
        put_lane(&mut item, queue, owner);
        self.store.write(Write::Put { table: &MESSAGES, item, expect: Expect::Absent }).await.map_err(failed)?;
        self.enter(queue, owner);
        self.sent(queue).notify_waiters();
        Ok(())
    }

    /// The first jobs of an owner, visible or not.
    async fn lane(
        &self,
        queue: QueueName,
        owner: Option<UserId>,
        until: Option<i64>,
        max: usize,
    ) -> Result<Vec<Item>, QueueError> {
        let mut query = Query::of(&MESSAGES, lane_name(queue, owner));
        query.index = Some("by_lane");
        query.sort_at_most = until.map(KeyValue::Number);
        query.limit = u32::try_from(max).ok();
        Ok(self.store.query(query).await.map_err(failed)?.items)
    }

    /// Takes in turns, one of each owner, as far as there is room.
    async fn take_fairly(
        &self,
        queue: QueueName,
        room: &Room<'_>,
        visibility: Duration,
    ) -> Result<Option<Vec<Delivery>>, QueueError> {
        let now = self.now();
        let total = room.total.min(MOST_AT_ONCE);
        let mut waiting = Vec::new();
        for owner in self.lanes(queue).await? {
            let most = (room.of)(owner).min(total);
            if most == 0 {
                continue;
            }
            let jobs = self.lane(queue, owner, Some(now), most).await?;
            match jobs.is_empty() {
                true => self.leave(queue, owner).await?,
                false => waiting.push((owner, jobs.into_iter())),
            }
            if waiting.len() == total {
                break;
            }
        }
        let (mut items, mut served) = (Vec::new(), None);
        while items.len() < total && !waiting.is_empty() {
            waiting.retain_mut(|(owner, jobs)| {
                let job = if items.len() < total { jobs.next() } else { None };
                served = if job.is_some() { Some(*owner) } else { served };
                let more = job.is_some();
                items.extend(job);
                more
            });
        }
        if let (Some(served), Some(lanes)) =
            (served, of(&self.lanes, queue).lock().unwrap_or_else(PoisonError::into_inner).as_mut())
        {
            lanes.served = Some(served);
        }
        self.hide(queue, items, now, visibility).await
    }

    /// Forgets an owner who has no job on a queue any more.
    async fn leave(&self, queue: QueueName, owner: Option<UserId>) -> Result<(), QueueError> {
        let forget = |queue| {
            if let Some(lanes) = of(&self.lanes, queue).lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                lanes.owners.remove(&owner);
            }
        };
        forget(queue);
        // One that was written before it was forgotten, and noted before that, is there now.
        if !self.lane(queue, owner, None, 1).await?.is_empty() {
            self.enter(queue, owner);
        }
        Ok(())
    }

    /// Shows the jobs at once whose time was set by a clock that has been set back since; gives how many.
    pub(crate) async fn realign(&self) -> Result<usize, QueueError> {
        let (mut after, mut shown) = (None, 0);
        loop {
            let page = self.store.scan(&MESSAGES, after).await.map_err(failed)?;
            let now = self.now();
            let ahead = |item: &Item| {
                let at = |name: &str| item.get(name).and_then(serde_json::Value::as_i64).unwrap_or(i64::MIN);
                item.contains_key("queue") && at("visible_at") > now && at("set_at") > now
            };
            for mut item in page.items.into_iter().filter(ahead) {
                let rev = integer(&item, "rev");
                item.insert("visible_at".into(), now.into());
                item.insert("set_at".into(), now.into());
                item.insert("rev".into(), (rev + 1).into());
                match self.store.write(Write::Put { table: &MESSAGES, item, expect: Expect::Rev(rev) }).await {
                    Ok(()) => shown += 1,
                    Err(StoreError::Unexpected { .. }) => {}
                    Err(error) => return Err(failed(error)),
                }
            }
            after = page.next;
            if after.is_none() {
                self.sent.iter().for_each(Notify::notify_waiters);
                return Ok(shown);
            }
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
        self.hide(queue, page.items, now, visibility).await
    }

    /// Hides jobs and gives them out; `None` when one was deleted in the middle of it.
    async fn hide(
        &self,
        queue: QueueName,
        items: Vec<Item>,
        now: i64,
        visibility: Duration,
    ) -> Result<Option<Vec<Delivery>>, QueueError> {
        let mut deliveries = Vec::new();
        let mut writes = Vec::new();
        for mut item in items {
            let rev = integer(&item, "rev");
            item.insert("rev".into(), (rev + 1).into());
            match deliver(&item) {
                Some(delivery) => {
                    item.insert("receives".into(), delivery.receives.into());
                    item.insert("set_at".into(), now.into());
                    item.insert("visible_at".into(), now.saturating_add(milliseconds(visibility)).into());
                    deliveries.push(delivery);
                }
                None => {
                    tracing::error!(queue = queue.as_str(), job = ?item.get("job"), "job given up: a dead letter now");
                    item.remove("queue");
                    item.remove("lane");
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
        // A schedule says nothing of whose it is.
        let owner = self.owner(job).await?;
        self.put(queue, owner, job, delay).await
    }

    async fn send_for(&self, owner: UserId, queue: QueueName, job: &Job, delay: Duration) -> Result<(), QueueError> {
        self.put(queue, Some(owner), job, delay).await
    }

    async fn receive_fairly(
        &self,
        queue: QueueName,
        room: &Room<'_>,
        visibility: Duration,
    ) -> Result<Vec<Delivery>, QueueError> {
        let _receiving = self.receiving.lock().await;
        if room.total == 0 {
            return Ok(Vec::new());
        }
        loop {
            if let Some(deliveries) = self.take_fairly(queue, room, visibility).await? {
                return Ok(deliveries);
            }
        }
    }

    async fn receive(&self, queue: QueueName, max: usize, visibility: Duration) -> Result<Vec<Delivery>, QueueError> {
        let _receiving = self.receiving.lock().await;
        let max = max.min(MOST_AT_ONCE);
        if max == 0 {
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
        let until = self.until(first);
        if !until.is_zero() {
            let _ = tokio::time::timeout(until, sent).await;
        }
    }

    async fn ready_fairly(&self, queue: QueueName, room: &Room<'_>) {
        let sent = self.sent(queue).notified();
        tokio::pin!(sent);
        sent.as_mut().enable();
        let first = async {
            let mut first: Option<i64> = None;
            for owner in self.lanes(queue).await? {
                if (room.of)(owner) == 0 {
                    continue;
                }
                let jobs = self.lane(queue, owner, None, 1).await?;
                let at = jobs.first().and_then(|item| item.get("visible_at")?.as_i64());
                first = first.into_iter().chain(at).min();
                if at.is_some_and(|at| at <= self.now()) {
                    break;
                }
            }
            Ok::<_, QueueError>(first)
        };
        let first = first.await.unwrap_or_else(|error| {
            tracing::error!(queue = queue.as_str(), %error, "the queue cannot be read");
            None
        });
        let until = self.until(first);
        if !until.is_zero() {
            let _ = tokio::time::timeout(until, sent).await;
        }
    }
}

/// The owners of jobs on a queue.
#[derive(Debug, Default)]
struct Lanes {
    owners: BTreeSet<Option<UserId>>,
    /// Who got jobs last.
    served: Option<Option<UserId>>,
}

impl Lanes {
    fn in_turn(&self) -> Vec<Option<UserId>> {
        let Some(served) = self.served else { return self.owners.iter().copied().collect() };
        let after = self.owners.iter().filter(|owner| **owner > served);
        after.chain(self.owners.iter().filter(|owner| **owner <= served)).copied().collect()
    }
}

/// What is a queue's of what each queue has one of.
fn of<T>(all: &[T; QueueName::ALL.len()], queue: QueueName) -> &T {
    let [issuer, deployer, prober, auditor, notifier] = all;
    match queue {
        QueueName::Issuer => issuer,
        QueueName::Deployer => deployer,
        QueueName::Auditor => auditor,
        QueueName::Prober => prober,
        QueueName::Notifier => notifier,
    }
}

fn lane_name(queue: QueueName, owner: Option<UserId>) -> String {
    owner.map_or_else(|| format!("{}/", queue.as_str()), |owner| format!("{}/{owner}", queue.as_str()))
}

fn put_lane(item: &mut Item, queue: QueueName, owner: Option<UserId>) {
    item.insert("lane".into(), lane_name(queue, owner).into());
    if let Some(owner) = owner {
        item.insert("owner".into(), owner.0.into());
    }
}

fn owner(item: &Item) -> Option<UserId> {
    item.get("owner").and_then(serde_json::Value::as_i64).map(UserId)
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
    Some(Delivery { job: job(item)?, owner: owner(item), receives: receives + 1, receipt })
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
