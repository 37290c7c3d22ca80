use super::{Monitor, Target, create, schedule, target};
use crate::alerts::{self, Subject};
use crate::certificates::checked_note;
use crate::entity::{self, Entity, Stored};
use crate::ports::StoreError;
use crate::{Context, Result};

/// How often a change is made again over a check that was recorded meanwhile.
const TRIES: usize = 5;

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct MonitorChange {
    /// Whether it is looked at by itself.
    pub is_active: Option<bool>,
    /// A note.
    pub note: Option<String>,
    /// The port.
    pub port: Option<i64>,
    /// See [`Target::parse`]; without `ip_address` the name is resolved again.
    pub ip_type: Option<String>,
    /// See [`Target::parse`]; empty for none.
    pub ip_address: Option<String>,
    /// `smtp`, `imap` or `none`.
    pub starttls: Option<String>,
    /// Roots to trust beside the public ones, PEM; empty for none.
    pub root_ca_pem: Option<String>,
    /// Minutes from one check to the next.
    pub interval_minutes: Option<i64>,
}

/// Changes a monitor, and its schedule where that changes with it.
pub async fn update(ctx: &Context, monitor: &mut Stored<Monitor>, change: MonitorChange) -> Result<()> {
    let store = ctx.store.as_ref();
    let mut tries = 0;
    loop {
        let before = monitor.value.next_check;
        apply(ctx, &mut monitor.value, change.clone())?;
        if change.ip_address.is_some() {
            create::permitted(ctx, &monitor.value.target).await?;
        }
        tries += 1;
        match store.write(monitor.update()?).await {
            Err(StoreError::Unexpected { .. }) if tries < TRIES => {
                *monitor = entity::load(store, monitor.value.key()).await?;
            }
            written => {
                written?;
                monitor.written();
                if monitor.value.next_check != before {
                    schedule::set(ctx, &monitor.value).await;
                }
                if !monitor.value.is_active {
                    alerts::forget(ctx, Subject::Monitor(monitor.value.id)).await;
                }
                return Ok(());
            }
        }
    }
}

fn apply(ctx: &Context, monitor: &mut Monitor, change: MonitorChange) -> Result<()> {
    let now = ctx.clock.now();
    if let Some(note) = change.note {
        monitor.note = checked_note(note)?;
    }
    if let Some(port) = change.port {
        monitor.port = create::port(port)?;
    }
    if let Some(text) = change.starttls {
        monitor.starttls = target::starttls(&text)?;
    }
    if change.root_ca_pem.is_some() {
        monitor.root_ca_pem = create::roots(ctx, change.root_ca_pem)?;
    }
    if change.ip_type.is_some() || change.ip_address.is_some() {
        monitor.target = Target::parse(change.ip_type.as_deref(), change.ip_address.as_deref())?;
    }
    if let Some(minutes) = change.interval_minutes.filter(|minutes| *minutes != i64::from(monitor.interval_minutes)) {
        monitor.interval_minutes = create::interval(minutes)?;
        if monitor.is_active && monitor.last_check.is_some() {
            monitor.next_check = Some(schedule::next(ctx.entropy.as_ref(), monitor, now));
        }
    }
    match change.is_active {
        Some(true) if !monitor.is_active => monitor.next_check = Some(schedule::first(ctx.entropy.as_ref(), now)),
        Some(false) => monitor.next_check = None,
        _ => {}
    }
    monitor.is_active = change.is_active.unwrap_or(monitor.is_active);
    monitor.updated_at = now;
    Ok(())
}
