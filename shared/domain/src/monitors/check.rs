use jiff::Timestamp;

use super::change::{changes, fingerprints};
use super::link::{Served, link};
use super::{By, Check, Look, Monitor, alarm, probe, schedule};
use crate::entity::{self, Stored};
use crate::ids::{CheckId, MonitorId};
use crate::ports::{Key, StoreError};
use crate::{Context, Error, Result, users};

/// How often what was seen is recorded again over a change of somebody else, most likely of the note.
const TRIES: usize = 5;

/// Looks at a monitor because somebody asks, whether it is switched on or not; its next check is an interval from now.
pub async fn check_now(ctx: &Context, monitor: &mut Stored<Monitor>) -> Result<Check> {
    let looks = probe::look(ctx.prober.as_ref(), &monitor.value).await;
    let id = monitor.value.id;
    let checked = record(ctx, monitor, looks, By::Request, None).await?;
    checked.ok_or_else(|| Error::Conflict(format!("monitor {id} was deleted meanwhile")))
}

/// Looks at a monitor because its schedule says so. A job whose time is no longer the monitor's next is out of date: it
/// was delivered twice, or the monitor was changed, switched off or deleted.
pub async fn check_due(ctx: &Context, id: MonitorId, due: Timestamp) -> Result<Option<Check>> {
    let monitor: Option<Stored<Monitor>> = entity::find(ctx.store.as_ref(), Key::of(id.0)).await?;
    let Some(mut monitor) = monitor.filter(|monitor| monitor.value.next_check == Some(due)) else { return Ok(None) };
    if let Err(barred) = users::ask_again(ctx, monitor.value.owner, &[], &[]).await? {
        return stop(ctx, monitor, barred.to_string()).await.map(|()| None);
    }
    let looks = probe::look(ctx.prober.as_ref(), &monitor.value).await;
    record(ctx, &mut monitor, looks, By::Schedule, Some(due)).await
}

/// Leaves a monitor alone whose owner may not have it looked at now, and says why. Once a day it is asked again; when its
/// owner comes back, at once.
async fn stop(ctx: &Context, mut monitor: Stored<Monitor>, reason: String) -> Result<()> {
    tracing::info!(monitor = %monitor.value.id, reason, "not looked at");
    monitor.value.stopped = Some(reason);
    monitor.value.next_check = Some(schedule::asked_again(ctx.clock.now()));
    match ctx.store.write(monitor.update()?).await {
        Ok(()) => schedule::set(ctx, &monitor.value).await,
        // Somebody changed it: what stands now is right, or is asked again by the sweep.
        Err(StoreError::Unexpected { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Writes what was seen to the monitor and its history in one transaction, unless another worker has done the same
/// check; then sets the schedule of the next one.
async fn record(
    ctx: &Context,
    monitor: &mut Stored<Monitor>,
    looks: Vec<Look>,
    by: By,
    due: Option<Timestamp>,
) -> Result<Option<Check>> {
    let store = ctx.store.as_ref();
    let mut tries = 0;
    loop {
        let check = apply(ctx, &mut monitor.value, &looks, by).await?;
        tries += 1;
        match store.transact(vec![monitor.update()?, entity::insert(&check)?]).await {
            Ok(()) => {
                monitor.written();
                schedule::set(ctx, &monitor.value).await;
                alarm(ctx, &monitor.value).await;
                return Ok(Some(check));
            }
            Err(StoreError::Unexpected { .. }) if tries < TRIES => {
                let Some(now) = entity::find::<Monitor>(store, Key::of(monitor.value.id.0)).await? else {
                    return Ok(None);
                };
                if due.is_some_and(|due| now.value.next_check != Some(due)) {
                    return Ok(None);
                }
                *monitor = now;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// What could not be told now is told by the next check: it stands until then.
async fn alarm(ctx: &Context, monitor: &Monitor) {
    if let Err(error) = alarm::tell(ctx, monitor).await {
        tracing::error!(monitor = %monitor.id, %error, "an alert could not be told; the next check will try again");
    }
}

/// Takes what was seen over into the monitor; what the history says of it.
async fn apply(ctx: &Context, monitor: &mut Monitor, looks: &[Look], by: By) -> Result<Check> {
    let now = ctx.clock.now();
    let changes = changes(monitor, looks, now);
    let known = fingerprints(monitor, looks);
    let search = by == By::Request || monitor.last_check.is_none() || known != monitor.fingerprints;
    let served = Served { looks, fingerprints: &known };
    let link = link(ctx.store.as_ref(), monitor, served, search).await?;
    alarm::changed(ctx, monitor, &changes, link.as_ref()).await?;
    monitor.link = link;
    monitor.fingerprints = known;
    monitor.looks = looks.to_vec();
    let reached = monitor.counting().iter().all(|look| look.seen().is_some());
    monitor.failures = if reached { 0 } else { monitor.failures.saturating_add(1) };
    (monitor.last_check, monitor.stopped) = (Some(now), None);
    monitor.next_check = monitor.is_active.then(|| schedule::next(ctx.entropy.as_ref(), monitor, now));
    let id = CheckId(now.as_millisecond());
    let target = monitor.target.clone();
    Ok(Check { id, monitor: monitor.id, at: now, by, target, looks: looks.to_vec(), changes })
}
