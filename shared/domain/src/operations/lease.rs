use std::time::Duration;

use super::{Lease, Operation, Progress};
use crate::Result;
use crate::entity::{self, Stored};
use crate::ids::OperationId;
use crate::ports::{EntropyExt, Key, StoreError};
use crate::{Context, Error};

/// What became of an attempt to take a lease.
#[derive(Debug)]
pub enum Leased {
    /// The operation is ours until the lease ends.
    Ours(Box<Stored<Operation>>),
    /// Another worker holds it, or it waits, for this long.
    Busy(Duration),
    /// It is finished, or was never committed.
    Over,
}

/// Takes the lease of an operation by a conditional write, so that two deliveries of one job never work at once.
pub async fn take(ctx: &Context, id: OperationId, length: Duration) -> Result<Leased> {
    let store = ctx.store.as_ref();
    let Some(mut operation) = entity::find::<Operation>(store, Key::of(id.0)).await? else {
        return Ok(Leased::Over);
    };
    if !operation.value.is_open() {
        return Ok(Leased::Over);
    }
    let now = ctx.clock.now();
    if let Some(lease) = operation.value.held(now) {
        let left = Duration::try_from(lease.until.duration_since(now)).unwrap_or_default();
        return Ok(Leased::Busy(left));
    }
    if let Some(left) = operation.value.paused(now) {
        return Ok(Leased::Busy(left));
    }
    if operation.value.lease.is_some() {
        // Whoever had it never gave it back.
        operation.value.was_interrupted();
    }
    let until = now.checked_add(length).map_err(|e| Error::Internal(e.to_string()))?;
    operation.value.lease = Some(Lease { holder: ctx.entropy.hex::<8>(), until });
    operation.value.resume_at = None;
    operation.value.state = Progress::Running;
    operation.value.attempts += 1;
    operation.value.updated_at = now;
    match store.write(operation.update()?).await {
        Ok(()) => {
            operation.written();
            Ok(Leased::Ours(Box::new(operation)))
        }
        Err(StoreError::Unexpected { .. }) => Ok(Leased::Busy(Duration::from_millis(200))),
        Err(error) => Err(error.into()),
    }
}
