use jiff::SignedDuration;

use super::{Attempt, Certificate, Issued, RecordToMake, Renewal, State, records};
use crate::alerts::{self, Expiring, Finding, Kind, Level, Observation, Subject};
use crate::{Context, Result};

/// The failure from which on a renewal that fails is told: the first ones are over within minutes.
const TOLD_FROM: u32 = 3;
/// So little life left makes a failing renewal urgent.
const URGENT: SignedDuration = SignedDuration::from_hours(3 * 24);
/// So long after its time a renewal that has not begun is taken for stuck.
const OVERDUE: SignedDuration = SignedDuration::from_hours(24);

/// Tells its owner how the renewal of a certificate goes, where that is worth telling. What was told is not told again.
pub async fn tell(ctx: &Context, certificate: &Certificate) -> Result<()> {
    let (subject, name) = (Subject::Certificate(certificate.id), certificate.domain.as_str());
    let (State::Issued(issued), Some(renewal)) = (&certificate.state, &certificate.renewal) else {
        alerts::forget(ctx, subject).await;
        return Ok(());
    };
    let seen =
        |kind, finding| alerts::observe(ctx, Observation { owner: certificate.owner, subject, name, kind, finding });
    seen(Kind::RenewalFailed, failing(ctx, issued, renewal)).await?;
    if renewal.attempt == Attempt::AwaitingRecords
        && let Some(order) = &certificate.order
    {
        let finding = Finding { level: Level::Warning, text: wanted(&records(certificate), certificate) };
        alerts::announce(ctx, certificate.owner, subject, name, Kind::RecordNeeded, finding, &order.url).await?;
    }
    match remedy(ctx, certificate, renewal) {
        Some(remedy) => {
            let (not_before, not_after) = (issued.valid_from, issued.valid_to);
            let owner = certificate.owner;
            let (what, remedy) = (Expiring::CERTIFICATE, &remedy);
            alerts::observe_expiry(ctx, &Expiring { owner, subject, name, what, not_before, not_after, remedy }).await
        }
        None => seen(Kind::Expiry, None).await,
    }
}

fn failing(ctx: &Context, issued: &Issued, renewal: &Renewal) -> Option<Finding> {
    if renewal.failures < TOLD_FROM {
        return None;
    }
    let left = issued.valid_to.duration_since(ctx.clock.now());
    let level = if left <= URGENT { Level::Critical } else { Level::Warning };
    let (failures, error) = (renewal.failures, renewal.error.as_deref().unwrap_or("no reason was given"));
    let text = format!("Its renewal has failed {failures} times, and is tried again daily. The last time: {error}");
    Some(Finding { level, text })
}

fn wanted(records: &[RecordToMake], certificate: &Certificate) -> String {
    let needed = records.iter().filter(|record| record.needed);
    let lines: Vec<String> = needed.map(|record| format!("{} TXT {}", record.host, record.value)).collect();
    let id = certificate.id;
    match lines.is_empty() {
        true => format!("Its renewal is ordered: POST /api/certificates/{id}/verify lets it be issued."),
        false => format!(
            "Its renewal is ordered. Make this TXT record, then POST /api/certificates/{id}/verify: {}",
            lines.join("; ")
        ),
    }
}

/// What to do about a certificate that is about to expire; `None` while it is about to be renewed by itself.
fn remedy(ctx: &Context, certificate: &Certificate, renewal: &Renewal) -> Option<String> {
    let id = certificate.id;
    if !certificate.auto_renew {
        return Some(format!("It is not renewed by itself: POST /api/certificates/{id}/renew."));
    }
    if renewal.attempt == Attempt::AwaitingRecords {
        return Some(format!("Its renewal waits for its records: GET /api/certificates/{id} shows them."));
    }
    let overdue = renewal.due.saturating_add(OVERDUE).is_ok_and(|late| late < ctx.clock.now());
    match (&renewal.error, overdue) {
        (Some(error), _) if renewal.failures > 0 => Some(format!("Its renewal fails: {error}")),
        (_, true) => {
            Some(format!("Its renewal is overdue: POST /api/certificates/{id}/renew says what stands against it."))
        }
        _ => None,
    }
}
