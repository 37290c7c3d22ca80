use jiff::Timestamp;

use super::{Certificate, State};
use crate::ids::CertificateId;
use crate::jobs::Job;
use crate::ports::{QueueName, Schedule, ScheduleName, When};
use crate::{Context, Result};

/// The schedule of a certificate.
pub(super) fn name(id: CertificateId) -> ScheduleName {
    ScheduleName(format!("certificate-{id}"))
}

/// When something has to be done next for a certificate: its renewal, or a look for the records of its order. `None`
/// while an operation works on it, and where nothing is to come.
pub(super) fn wake_at(certificate: &Certificate) -> Option<Timestamp> {
    let renewal = match (&certificate.state, &certificate.renewal) {
        (State::Issued(_), Some(renewal)) => renewal.wake_at(certificate.auto_renew),
        _ => None,
    };
    renewal.into_iter().chain(certificate.watch_at()).min()
}

/// Sets when a certificate is looked at next, in place of what was set before.
pub async fn schedule(ctx: &Context, certificate: &Certificate) -> Result<()> {
    let Some(at) = wake_at(certificate) else { return Ok(()) };
    let job = Job::Renew { certificate: certificate.id };
    let schedule = Schedule { name: name(certificate.id), when: When::At(at), queue: QueueName::Issuer, job };
    Ok(ctx.scheduler.set(schedule).await?)
}
