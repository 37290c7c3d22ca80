use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Monitor;
use super::monitor::{MONITORS, WATCHED};
use crate::entity::{self, Stored};
use crate::ids::{MonitorId, UserId};
use crate::jobs::Job;
use crate::ports::{Entropy, EntropyExt, Key, KeyValue, Query, QueueName, Schedule, ScheduleName, StoreError, When};
use crate::{Context, Error, Result};

/// Within this time after it was made, or switched on, a monitor is looked at for the first time.
const FIRST_WITHIN: Duration = Duration::from_secs(30);

/// A check that reached nobody is repeated after this time before it counts.
const REPEAT_AFTER: Duration = Duration::from_secs(60);

/// A check that is this late is taken to have lost its schedule, or its job.
const LOST_AFTER: Duration = Duration::from_secs(10 * 60);

/// The most monitors that one sweep takes up.
const AT_ONCE: u32 = 200;

/// A monitor whose owner may not have it looked at is asked for again after this time.
const ASKED_AGAIN: Duration = Duration::from_secs(24 * 60 * 60);

/// When a monitor that was stopped is asked for again.
pub(super) fn asked_again(now: Timestamp) -> Timestamp {
    now.checked_add(ASKED_AGAIN).unwrap_or(now)
}

/// The time of the first check: spread, so that many made at once are not looked at in the same second.
pub(super) fn first(entropy: &dyn Entropy, now: Timestamp) -> Timestamp {
    now + fraction(entropy, FIRST_WITHIN)
}

/// The time of the check after this one: up to a twentieth of the interval early, so that monitors that were once
/// looked at together do not stay together.
pub(super) fn next(entropy: &dyn Entropy, monitor: &Monitor, now: Timestamp) -> Timestamp {
    if monitor.failures == 1 {
        return now.checked_add(REPEAT_AFTER).unwrap_or(now);
    }
    let interval = Duration::from_secs(u64::from(monitor.interval_minutes) * 60);
    now.checked_add(interval).unwrap_or(now) - fraction(entropy, interval / 20)
}

fn fraction(entropy: &dyn Entropy, whole: Duration) -> SignedDuration {
    let random = u64::from(u32::from_be_bytes(entropy.bytes::<4>()));
    let milliseconds = (u64::try_from(whole.as_millis()).unwrap_or_default() * random) >> 32;
    SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or_default())
}

/// Sets the schedule of the next check, or removes it where there is none. A failure is only logged: the sweep notices.
pub(super) async fn set(ctx: &Context, monitor: &Monitor) {
    let name = name(monitor.id);
    let set = match monitor.next_check {
        Some(due) => {
            let job = Job::Check { monitor: monitor.id, due };
            ctx.scheduler.set(Schedule { name, when: When::At(due), queue: QueueName::Prober, job }).await
        }
        None => ctx.scheduler.cancel(&name).await,
    };
    if let Err(error) = set {
        tracing::warn!(monitor = %monitor.id, %error, "schedule not set; the sweep will see to it");
    }
}

/// Looks soon at the monitors of a user that stood still.
pub async fn resume(ctx: &Context, owner: UserId) -> Result<usize> {
    let mut query = Query::of(&MONITORS, owner.0);
    query.index = Some("by_owner");
    let mut woken = 0;
    loop {
        let page = ctx.store.query(query.clone()).await?;
        for id in page.items.iter().filter_map(|item| item.get("id")?.as_i64()) {
            woken += usize::from(put_right(ctx, id, |monitor| monitor.stopped.is_some()).await?);
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(woken),
        }
    }
}

/// Looks soon at the monitors whose next check is further off than their interval: a clock that has been set back since
/// said when. Reads all monitors that are switched on: for once a day.
pub async fn realign(ctx: &Context) -> Result<usize> {
    let mut query = Query::of(&MONITORS, WATCHED);
    query.index = Some("by_next");
    let mut woken = 0;
    loop {
        let page = ctx.store.query(query.clone()).await?;
        for id in page.items.iter().filter_map(|item| item.get("id")?.as_i64()) {
            let now = ctx.clock.now();
            let ahead = |monitor: &Monitor| monitor.next_check.is_some_and(|next| next > latest(monitor, now));
            woken += usize::from(put_right(ctx, id, ahead).await?);
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(woken),
        }
    }
}

/// The furthest off that the next check of a monitor can be.
fn latest(monitor: &Monitor, now: Timestamp) -> Timestamp {
    let interval = Duration::from_secs(u64::from(monitor.interval_minutes) * 60);
    let rate = if monitor.stopped.is_some() { ASKED_AGAIN } else { interval };
    now.checked_add(rate + FIRST_WITHIN).unwrap_or(Timestamp::MAX)
}

/// Gives a monitor that is switched on a check soon, where `wrong` says that it needs one; whether it did.
async fn put_right(ctx: &Context, id: i64, wrong: impl Fn(&Monitor) -> bool) -> Result<bool> {
    let store = ctx.store.as_ref();
    let Some(mut monitor) = entity::find::<Monitor>(store, Key::of(id)).await? else { return Ok(false) };
    if !monitor.value.is_active || !wrong(&monitor.value) {
        return Ok(false);
    }
    monitor.value.stopped = None;
    monitor.value.next_check = Some(first(ctx.entropy.as_ref(), ctx.clock.now()));
    match store.write(monitor.update()?).await {
        Ok(()) => {
            set(ctx, &monitor.value).await;
            Ok(true)
        }
        Err(StoreError::Unexpected { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn name(id: MonitorId) -> ScheduleName {
    ScheduleName(format!("monitor-{id}"))
}

/// Sends the checks that are long overdue, because a schedule or a job was lost; gives how many. Each is put off as it
/// is sent, so that the sweeps until a worker takes it up do not send it again and again.
pub async fn sweep(ctx: &Context) -> Result<usize> {
    let now = ctx.clock.now();
    let before = now.checked_sub(LOST_AFTER).map_err(|error| Error::Internal(error.to_string()))?;
    let store = ctx.store.as_ref();
    let mut query = Query::of(&MONITORS, WATCHED);
    query.index = Some("by_next");
    query.sort_at_most = Some(KeyValue::Number(before.as_millisecond()));
    query.limit = Some(AT_ONCE);
    let mut sent = 0;
    for item in store.query(query).await?.items {
        let id = item.get("id").and_then(serde_json::Value::as_i64);
        let id = id.ok_or_else(|| Error::Internal("an index entry has no id".into()))?;
        let Some(mut monitor) = entity::find::<Monitor>(store, Key::of(id)).await? else { continue };
        if overdue(&monitor, before) && take_up(ctx, &mut monitor, now).await? {
            sent += 1;
        }
    }
    Ok(sent)
}

/// The index may lag behind.
fn overdue(monitor: &Stored<Monitor>, before: Timestamp) -> bool {
    monitor.value.next_check.is_some_and(|due| due <= before)
}

async fn take_up(ctx: &Context, monitor: &mut Stored<Monitor>, now: Timestamp) -> Result<bool> {
    monitor.value.next_check = Some(now);
    match ctx.store.write(monitor.update()?).await {
        Ok(()) => {}
        // A worker, or somebody, was there first.
        Err(StoreError::Unexpected { .. }) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    let job = Job::Check { monitor: monitor.value.id, due: now };
    ctx.queue.send_for(monitor.value.owner, QueueName::Prober, &job, Duration::ZERO).await?;
    Ok(true)
}
