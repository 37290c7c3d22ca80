use super::{Certificate, State};
use crate::ids::CertificateId;
use crate::jobs::Job;
use crate::ports::{QueueName, Schedule, ScheduleName, When};
use crate::{Context, Result};

/// The schedule of a certificate.
pub(super) fn name(id: CertificateId) -> ScheduleName {
    ScheduleName(format!("certificate-{id}"))
}

/// Sets when a certificate is looked at next, in place of what was set before; nothing while an operation works on it,
/// and none for what is not issued.
pub async fn schedule(ctx: &Context, certificate: &Certificate) -> Result<()> {
    let plan = match (&certificate.state, &certificate.renewal) {
        (State::Issued(_), Some(renewal)) => renewal.wake_at(certificate.auto_renew),
        _ => None,
    };
    let Some(at) = plan else { return Ok(()) };
    let job = Job::Renew { certificate: certificate.id };
    let schedule = Schedule { name: name(certificate.id), when: When::At(at), queue: QueueName::Issuer, job };
    Ok(ctx.scheduler.set(schedule).await?)
}
