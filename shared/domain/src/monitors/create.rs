use super::{Host, INTERVAL_DEFAULT, INTERVAL_MAX, INTERVAL_MIN, Monitor, Target, schedule, target};
use crate::certificates::checked_note;
use crate::entity::{self, Stored};
use crate::ids::{MonitorId, UserId};
use crate::ports::{ProbeError, StoreError};
use crate::{Context, Error, Result, counter};

/// How many monitors one owner may have.
const PER_OWNER: i64 = 10_000;

/// The most bytes of roots.
pub const ROOTS_MAX: usize = 64 * 1024;

/// What a person wants watched.
#[derive(Clone, Debug, Default)]
pub struct NewMonitor {
    /// The host.
    pub domain: String,
    /// The port; 443 unless given, or what the protocol before TLS has.
    pub port: Option<i64>,
    /// See [`Target::parse`].
    pub ip_type: Option<String>,
    /// See [`Target::parse`].
    pub ip_address: Option<String>,
    /// `smtp` or `imap`.
    pub starttls: Option<String>,
    /// Roots to trust beside the public ones, PEM.
    pub root_ca_pem: Option<String>,
    /// Minutes from one check to the next.
    pub interval_minutes: Option<i64>,
    /// Whether it is looked at by itself.
    pub is_active: bool,
    /// A note.
    pub note: String,
}

/// Makes a monitor; its first check is within half a minute.
pub async fn create(ctx: &Context, owner: UserId, new: NewMonitor) -> Result<Stored<Monitor>> {
    let domain = Host::parse("domain", &new.domain)?;
    let starttls = target::starttls(new.starttls.as_deref().unwrap_or_default())?;
    let port = new.port.map_or_else(|| Ok(usual_port(starttls)), port)?;
    let target = Target::parse(new.ip_type.as_deref(), new.ip_address.as_deref())?;
    let root_ca_pem = roots(ctx, new.root_ca_pem)?;
    let interval_minutes = new.interval_minutes.map_or(Ok(INTERVAL_DEFAULT), interval)?;
    let note = checked_note(new.note)?;
    permitted(ctx, &target).await?;
    if target.addresses.is_empty() && domain.is_local() {
        permitted_host(ctx, &domain).await?;
    }

    let store = ctx.store.as_ref();
    let id = MonitorId(counter::next_id(store, "monitor").await?);
    let now = ctx.clock.now();
    let monitor = Monitor {
        id,
        owner,
        domain,
        port,
        target,
        starttls,
        root_ca_pem,
        interval_minutes,
        is_active: new.is_active,
        note,
        looks: Vec::new(),
        fingerprints: Vec::new(),
        failures: 0,
        link: None,
        last_check: None,
        next_check: new.is_active.then(|| schedule::first(ctx.entropy.as_ref(), now)),
        stopped: None,
        created_at: now,
        updated_at: now,
    };
    let writes = vec![counter::add_one_up_to(&Monitor::total(owner), PER_OWNER), entity::insert(&monitor)?];
    match store.transact(writes).await {
        Ok(()) => {}
        Err(StoreError::Unexpected { index: 0 }) => {
            return Err(Error::Conflict(format!("there may be {PER_OWNER} monitors, and there are; delete some")));
        }
        Err(error) => return Err(error.into()),
    }
    if monitor.is_active {
        schedule::set(ctx, &monitor).await;
    }
    Ok(entity::inserted(monitor))
}

fn usual_port(starttls: Option<crate::ports::StartTls>) -> u16 {
    use crate::ports::StartTls;
    match starttls {
        None => 443,
        Some(StartTls::Smtp) => 25,
        Some(StartTls::Imap) => 143,
    }
}

pub(super) fn port(port: i64) -> Result<u16> {
    u16::try_from(port).ok().filter(|port| *port > 0).ok_or_else(|| Error::invalid("port", "must be from 1 to 65535"))
}

pub(super) fn interval(minutes: i64) -> Result<u32> {
    let minutes = u32::try_from(minutes).ok().filter(|minutes| (INTERVAL_MIN..=INTERVAL_MAX).contains(minutes));
    let wrong = || Error::invalid("interval_minutes", format!("must be from {INTERVAL_MIN} to {INTERVAL_MAX}"));
    minutes.ok_or_else(wrong)
}

pub(super) fn roots(ctx: &Context, pem: Option<String>) -> Result<Option<String>> {
    let Some(pem) = pem.filter(|pem| !pem.trim().is_empty()) else { return Ok(None) };
    if pem.len() > ROOTS_MAX {
        return Err(Error::invalid("root_ca_pem", format!("must be at most {ROOTS_MAX} bytes long")));
    }
    ctx.prober.check_roots(&pem).map_err(|reason| Error::invalid("root_ca_pem", reason))?;
    Ok(Some(pem))
}

/// Refuses addresses that Steward does not connect to now, rather than at every check.
pub(super) async fn permitted(ctx: &Context, target: &Target) -> Result<()> {
    for address in &target.addresses {
        if let Err(ProbeError::Refused(reason)) = ctx.prober.resolve(&address.to_string()).await {
            return Err(Error::invalid("ip_address", reason));
        }
    }
    Ok(())
}

/// The same for an address or a local name that is to be looked at.
async fn permitted_host(ctx: &Context, host: &Host) -> Result<()> {
    match ctx.prober.resolve(host.as_str()).await {
        Err(ProbeError::Refused(reason)) => Err(Error::invalid("domain", reason)),
        _ => Ok(()),
    }
}
