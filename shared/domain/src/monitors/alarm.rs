use jiff::Timestamp;

use super::{Change, Changed, Link, Look, Monitor, Status};
use crate::alerts::{self, Expiring, Finding, Kind, Level, Observation, Subject};
use crate::{Context, Result};

/// So many checks in a row that reach nobody are worth telling: one packet that is lost at night is not.
const FAILURES_TOLD: u32 = 2;

/// Tells of another certificate, before it is recorded that it was seen: a check that is done again after a crash finds
/// the same change since the same earlier check, and tells nobody twice.
pub(super) async fn changed(ctx: &Context, monitor: &Monitor, changes: &[Change], link: Option<&Link>) -> Result<()> {
    let Some(change) = changes.iter().find(|change| change.what == Changed::Certificate) else { return Ok(()) };
    let since = monitor.last_check.map_or(0, Timestamp::as_millisecond);
    let short = |fingerprints: &str| fingerprints.split(',').next().unwrap_or_default().chars().take(16).collect();
    let (old, new): (String, String) = (short(&change.old), short(&change.new));
    let before = if old.is_empty() { "others beside it".to_owned() } else { format!("{old}…") };
    let what = match link {
        Some(Link { certificate, served: true }) => format!("It is certificate {certificate} of Steward."),
        _ => "Look into it unless somebody renewed it.".to_owned(),
    };
    let text = format!("Another certificate is served than before (SHA-256 {new}…, before {before}). {what}");
    let finding = Finding { level: Level::Info, text };
    let (name, key) = (name(monitor), format!("{new} since {since}"));
    alerts::announce(ctx, monitor.owner, Subject::Monitor(monitor.id), &name, Kind::Changed, finding, &key).await
}

/// Tells what stands, and what is over, after a check.
pub(super) async fn tell(ctx: &Context, monitor: &Monitor) -> Result<()> {
    let (subject, name, owner, now) = (Subject::Monitor(monitor.id), name(monitor), monitor.owner, ctx.clock.now());
    let told =
        async |kind, finding| alerts::observe(ctx, Observation { owner, subject, name: &name, kind, finding }).await;
    match monitor.failures {
        0 => told(Kind::Unreachable, None).await?,
        // It is looked at again in a minute.
        1..FAILURES_TOLD => {}
        _ => told(Kind::Unreachable, unreachable(monitor)).await?,
    }
    let Some(first) = monitor.looks.iter().filter_map(Look::seen).min_by_key(|seen| seen.ends()) else {
        return Ok(());
    };
    told(Kind::Untrusted, untrusted(monitor, now)).await?;
    let (what, remedy) = match &first.chain_ends {
        Some(end) => {
            let what = format!("The certificate above the server's own ({})", end.subject);
            (what, "Get the CA's current chain, and let the server send it.")
        }
        None => (Expiring::CERTIFICATE.to_owned(), remedy(monitor)),
    };
    // The thresholds are those of the certificate's own life, whatever ends first.
    let life = first.valid_to.duration_since(first.valid_from);
    let not_before = first.ends().checked_sub(life).unwrap_or(first.valid_from);
    let watched = Expiring { owner, subject, name: &name, what: &what, not_before, not_after: first.ends(), remedy };
    alerts::observe_expiry(ctx, &watched).await
}

fn remedy(monitor: &Monitor) -> &'static str {
    match &monitor.link {
        Some(link) if !link.served => "Steward has a certificate for it that is not served there: deploy it.",
        Some(_) => "See that it is renewed in Steward, and deployed.",
        None => "Renew it where it was issued.",
    }
}

fn unreachable(monitor: &Monitor) -> Option<Finding> {
    let failure = monitor.counting().into_iter().find_map(Look::failure)?;
    let none = monitor.looks.iter().all(|look| look.seen().is_none());
    let level = if none { Level::Critical } else { Level::Warning };
    let (count, reason) = (monitor.failures, &failure.reason);
    Some(Finding { level, text: format!("No TLS handshake in {count} checks in a row: {reason}.") })
}

/// What an expired certificate comes to is told by its end.
fn untrusted(monitor: &Monitor, now: Timestamp) -> Option<Finding> {
    let wrong = |look: &&Look| matches!(look.status(now), Status::Untrusted | Status::Mismatch);
    let look = monitor.looks.iter().find(wrong)?;
    let problems = look.seen()?.problems(&monitor.domain, now).join("; ");
    let at = look.address.map(|address| format!(" (at {address})")).unwrap_or_default();
    Some(Finding { level: Level::Critical, text: format!("Visitors see a warning{at}: {problems}.") })
}

fn name(monitor: &Monitor) -> String {
    match monitor.port {
        443 => monitor.domain.to_string(),
        port => format!("{}:{port}", monitor.domain),
    }
}
