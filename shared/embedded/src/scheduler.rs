//! The `Scheduler` port as rows of the embedded database, and the loop that fires them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::jobs::Job;
use domain::ports::{
    Attribute, Clock, Expect, Index, Item, Key, Projection, Query, Queue, QueueName, Schedule, ScheduleName, Scheduler,
    SchedulerError, Store, StoreError, Table, When, Write,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Notify;

use crate::queue::EmbeddedQueue;
use crate::store::EmbeddedStore;

/// Schedules, ordered in `by_due` by the time they fire next.
pub(crate) static SCHEDULES: Table = Table {
    name: "schedules",
    partition: Attribute::text("name"),
    sort: None,
    indexes: &[Index {
        name: "by_due",
        partition: Attribute::text("due"),
        sort: Attribute::number("at"),
        projection: Projection::All,
    }],
    ttl: None,
};

/// The one partition of `by_due`.
const DUE: &str = "due";

/// The longest that the loop trusts its timer (the clock may be set while it waits), and its pause after a failure.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How often items whose time to live is over are removed.
const EXPIRE_EVERY: Duration = Duration::from_secs(60 * 60);

/// The shortest rate.
const SHORTEST: Duration = Duration::from_secs(1);

/// Schedules in the embedded database. They fire while [`EmbeddedScheduler::run`] runs.
#[derive(Debug)]
pub struct EmbeddedScheduler {
    store: EmbeddedStore,
    queue: Arc<EmbeddedQueue>,
    clock: Arc<dyn Clock>,
    changed: Notify,
}

impl EmbeddedScheduler {
    pub(crate) fn new(store: EmbeddedStore, queue: Arc<EmbeddedQueue>, clock: Arc<dyn Clock>) -> Self {
        Self { store, queue, clock, changed: Notify::new() }
    }

    /// Fires schedules as they come due, first those that did while nothing ran, and removes items whose time to live
    /// is over. Never ends; may be dropped at any time. What cannot be done is logged and tried again.
    pub async fn run(&self) {
        tokio::join!(self.fire_for_ever(), self.expire_for_ever());
    }

    async fn expire_for_ever(&self) {
        loop {
            match self.store.remove_expired().await {
                Ok(removed) => tracing::debug!(removed, "removed what had expired"),
                Err(error) => tracing::error!(%error, "what has expired cannot be removed; trying again"),
            }
            tokio::time::sleep(EXPIRE_EVERY).await;
        }
    }

    async fn fire_for_ever(&self) {
        let mut last = None;
        loop {
            let now = self.now();
            // At the start, and whenever the clock has been set back.
            if last.is_none_or(|last| now < last) {
                match self.realign().await {
                    Ok(0) => last = Some(now),
                    Ok(realigned) => {
                        tracing::warn!(
                            realigned,
                            "the clock was set back: schedules and jobs were brought to its time"
                        );
                        last = Some(now);
                    }
                    Err(error) => tracing::error!(%error, "schedules cannot be brought to the time; trying again"),
                }
            } else {
                last = Some(now);
            }
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on a change is noticed, even one that comes between the look and the wait.
            changed.as_mut().enable();
            self.store.look_for_room().await;
            let wait = match self.fire_due().await {
                Ok(wait) => wait.min(LOOK_AGAIN),
                Err(error) => {
                    tracing::error!(%error, "schedules cannot be fired; trying again");
                    LOOK_AGAIN
                }
            };
            let _ = tokio::time::timeout(wait, changed).await;
        }
    }

    /// Fires what is due; gives the time until the next one is.
    async fn fire_due(&self) -> Result<Duration, SchedulerError> {
        if self.store.is_short() {
            return Ok(LOOK_AGAIN);
        }
        let mut query = Query::of(&SCHEDULES, DUE);
        query.index = Some("by_due");
        query.limit = Some(100);
        loop {
            let page = self.store.query(query.clone()).await.map_err(failed)?;
            for item in page.items {
                let (at, now) = (integer(&item, "at"), self.now());
                if at > now {
                    return Ok(Duration::from_millis(at.abs_diff(now)));
                }
                self.fire(item, at, now).await?;
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(LOOK_AGAIN),
            }
        }
    }

    /// The clock may have been ahead when these times were written. This corrects them: no schedule at a rate is further
    /// off than its rate, and no job stays hidden longer than it was meant to. Gives how many it corrected.
    async fn realign(&self) -> Result<usize, SchedulerError> {
        let (mut after, mut realigned) = (None, 0);
        loop {
            let page = self.store.scan(&SCHEDULES, after).await.map_err(failed)?;
            for mut item in page.items {
                let (at, every, rev) = (integer(&item, "at"), integer(&item, "every"), revision(&item));
                let latest = self.now().saturating_add(every);
                if every == 0 || at <= latest || !item.contains_key("due") {
                    continue;
                }
                // It may have missed its time since: it fires now, and at its rate from then on.
                item.insert("at".into(), self.now().into());
                item.insert("rev".into(), (rev + 1).into());
                match self.store.write(Write::Put { table: &SCHEDULES, item, expect: Expect::Rev(rev) }).await {
                    Ok(()) => realigned += 1,
                    Err(StoreError::Unexpected { .. }) => {}
                    Err(error) => return Err(failed(error)),
                }
            }
            after = page.next;
            if after.is_none() {
                let jobs = self.queue.realign().await.map_err(|error| SchedulerError(error.to_string()))?;
                return Ok(realigned + jobs);
            }
        }
    }

    /// Sends first and advances after: a crash between the two fires again, and loses nothing.
    async fn fire(&self, mut item: Item, at: i64, now: i64) -> Result<(), SchedulerError> {
        let (rev, every) = (revision(&item), integer(&item, "every"));
        let target = target(&item);
        if let Some((queue, job)) = &target {
            let sent = self.queue.send(*queue, job, Duration::ZERO).await;
            sent.map_err(|error| SchedulerError(error.to_string()))?;
        }
        let write = if target.is_some() && every == 0 {
            let name = item.get("name").and_then(Value::as_str).unwrap_or_default();
            Write::Delete { table: &SCHEDULES, key: Key::of(name), expect: Expect::Rev(rev) }
        } else {
            if target.is_some() {
                let missed = now.saturating_sub(at) / every;
                item.insert("at".into(), at.saturating_add((missed + 1).saturating_mul(every)).into());
            } else {
                // A newer Steward may have made it: it is kept for that one, and fires no more.
                tracing::error!(schedule = ?item.get("name"), "a schedule cannot be read; it is put aside");
                item.remove("due");
            }
            item.insert("rev".into(), (rev + 1).into());
            Write::Put { table: &SCHEDULES, item, expect: Expect::Rev(rev) }
        };
        match self.store.write(write).await {
            // Replaced or cancelled meanwhile: what stands now is right.
            Ok(()) | Err(StoreError::Unexpected { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }
}

#[async_trait]
impl Scheduler for EmbeddedScheduler {
    async fn set(&self, schedule: Schedule) -> Result<(), SchedulerError> {
        let (at, every) = match schedule.when {
            When::At(time) => (time.as_millisecond(), 0),
            When::Every(every) if every < SHORTEST => {
                return Err(SchedulerError(format!("a rate of {every:?} is too short; one second is the shortest")));
            }
            When::Every(every) => {
                let every = i64::try_from(every.as_millis())
                    .map_err(|_| SchedulerError(format!("a rate of {every:?} is too long")))?;
                (self.now().saturating_add(every), every)
            }
        };
        let job = serde_json::to_value(&schedule.job)
            .map_err(|error| SchedulerError(format!("a job cannot be stored: {error}")))?;
        loop {
            let stored = self.store.get(&SCHEDULES, Key::of(schedule.name.0.as_str())).await.map_err(failed)?;
            let kept = stored.as_ref().filter(|stored| every > 0 && integer(stored, "every") == every);
            let item = Item::from_iter([
                ("name".into(), schedule.name.0.as_str().into()),
                ("due".into(), DUE.into()),
                ("at".into(), kept.map_or(at, |stored| integer(stored, "at").min(at)).into()),
                ("every".into(), every.into()),
                ("queue".into(), schedule.queue.as_str().into()),
                ("job".into(), job.clone()),
                ("rev".into(), (stored.as_ref().map_or(0, revision) + 1).into()),
            ]);
            let expect = stored.as_ref().map_or(Expect::Absent, |stored| Expect::Rev(revision(stored)));
            match self.store.write(Write::Put { table: &SCHEDULES, item, expect }).await {
                Ok(()) => break,
                // It fired, or somebody else set it, meanwhile.
                Err(StoreError::Unexpected { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        self.changed.notify_waiters();
        Ok(())
    }

    async fn cancel(&self, name: &ScheduleName) -> Result<(), SchedulerError> {
        let key = Key::of(name.0.as_str());
        self.store.write(Write::Delete { table: &SCHEDULES, key, expect: Expect::Any }).await.map_err(failed)
    }

    async fn list(&self) -> Result<Vec<Schedule>, SchedulerError> {
        let (mut schedules, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.scan(&SCHEDULES, after).await.map_err(failed)?;
            schedules.extend(page.items.iter().filter_map(schedule));
            after = page.next;
            if after.is_none() {
                return Ok(schedules);
            }
        }
    }
}

fn schedule(item: &Item) -> Option<Schedule> {
    let (queue, job) = target(item)?;
    let when = match u64::try_from(integer(item, "every")).ok()? {
        0 => When::At(Timestamp::from_millisecond(integer(item, "at")).ok()?),
        every => When::Every(Duration::from_millis(every)),
    };
    Some(Schedule { name: ScheduleName(item.get("name")?.as_str()?.to_owned()), when, queue, job })
}

fn target(item: &Item) -> Option<(QueueName, Job)> {
    let name = item.get("queue")?.as_str()?;
    let queue = QueueName::ALL.into_iter().find(|queue| queue.as_str() == name)?;
    Some((queue, Job::deserialize(item.get("job")?).ok()?))
}

fn integer(item: &Item, name: &str) -> i64 {
    item.get(name).and_then(Value::as_i64).unwrap_or(0)
}

fn revision(item: &Item) -> u64 {
    item.get("rev").and_then(Value::as_u64).unwrap_or(0)
}

fn failed(error: StoreError) -> SchedulerError {
    SchedulerError(error.to_string())
}
