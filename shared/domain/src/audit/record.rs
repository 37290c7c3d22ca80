use std::time::Duration;

use super::{AuditEntry, By, Outcome};
use crate::jobs::Job;
use crate::ports::{EntropyExt, QueueName};
use crate::users::Viewer;
use crate::{Context, Error, Result};

/// A new id for an entry.
pub fn new_id(ctx: &Context) -> String {
    format!("{:013x}{}", ctx.clock.now().as_millisecond(), ctx.entropy.hex::<8>())
}

/// Before something is done: puts an entry on its way that says that nobody knows the outcome. It is held back for
/// `unknown_after`, longer than the request may take, and [`finish`] with the same id overtakes it; where the process
/// dies, it is what the trail says. When this fails, nothing may be done.
pub async fn begin(ctx: &Context, entry: &AuditEntry, unknown_after: Duration) -> Result<()> {
    let entry = AuditEntry { outcome: Outcome::Unknown, ..entry.clone() };
    ctx.queue.send(QueueName::Auditor, &Job::Audit { entry }, unknown_after).await.map_err(|error| {
        tracing::error!(%error, "the audit trail cannot be written: what was asked for is not done");
        unwritten()
    })
}

/// After it: the outcome. A failure is logged; the trail will say that nobody knows, if the entry was begun.
pub async fn finish(ctx: &Context, entry: AuditEntry) -> Result<()> {
    ctx.queue.send(QueueName::Auditor, &Job::Audit { entry }, Duration::ZERO).await.map_err(|error| {
        tracing::error!(%error, "the outcome of a request is not in the audit trail");
        unwritten()
    })
}

fn unwritten() -> Error {
    Error::Unavailable("the audit trail cannot be written, so nothing was done; try again in a moment".into())
}

/// Records what the entry of a request does not say of it, e.g. which of several keys was accepted, as an entry beside
/// it. When this fails, it must not be done.
pub async fn record(ctx: &Context, viewer: &Viewer, action: &str, target: String) -> Result<()> {
    let entry = AuditEntry {
        id: new_id(ctx),
        at: ctx.clock.now(),
        user: Some(viewer.user),
        name: None,
        by: By::Token,
        source: viewer.source.clone(),
        action: action.to_owned(),
        target,
        outcome: Outcome::Said { words: "asked for".into() },
    };
    Ok(ctx.queue.send(QueueName::Auditor, &Job::Audit { entry }, Duration::ZERO).await?)
}

/// Records what Steward did on its own, such as a renewal: call it when it is done. `action` is one word or two with a
/// dot, e.g. `certificate.renew`, `target` what it was done to, e.g. `certificate 12`, `result` the outcome.
pub async fn record_system(ctx: &Context, action: &str, target: String, result: &str) -> Result<()> {
    let entry = AuditEntry {
        id: new_id(ctx),
        at: ctx.clock.now(),
        user: None,
        name: None,
        by: By::Steward,
        source: "steward".into(),
        action: action.to_owned(),
        target,
        outcome: Outcome::Said { words: result.to_owned() },
    };
    Ok(ctx.queue.send(QueueName::Auditor, &Job::Audit { entry }, Duration::ZERO).await?)
}
