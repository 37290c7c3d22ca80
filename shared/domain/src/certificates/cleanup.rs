use super::{Certificate, Status, delete};
use crate::entity::Stored;
use crate::ids::UserId;
use crate::{Context, Error, Result, list};

/// How many certificates go in one transaction: with their counters, well under the 100 writes it may have.
const BATCH: usize = 20;

/// Deletes an owner's certificates that expired or failed; gives how many.
pub async fn cleanup(ctx: &Context, owner: UserId) -> Result<u64> {
    let now = ctx.clock.now();
    let store = ctx.store.as_ref();
    let mut count = 0;
    for batch in list::ids_of::<Certificate>(store, "by_owner", owner.0.into()).await?.chunks(BATCH) {
        let mut useless = list::rows::<Certificate>(store, batch).await?;
        useless.retain(|row| matches!(row.value.status(now), Status::Expired | Status::Failed));
        // One that expired may be at its renewal.
        useless.retain(|row| row.value.operation().is_none());
        count += match delete::remove(ctx, &useless).await {
            Ok(()) => useless.len() as u64,
            // One of them changed meanwhile: each by itself, and that one is left.
            Err(Error::Conflict(_)) => one_by_one(ctx, &useless).await?,
            Err(error) => return Err(error),
        };
    }
    Ok(count)
}

async fn one_by_one(ctx: &Context, certificates: &[Stored<Certificate>]) -> Result<u64> {
    let mut count = 0;
    for certificate in certificates {
        match delete::remove(ctx, std::slice::from_ref(certificate)).await {
            Ok(()) => count += 1,
            Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}
