use super::{Certificate, Status, delete};
use crate::entity::Stored;
use crate::ids::UserId;
use crate::{Context, Error, Result, list};

/// How many certificates go in one transaction: with their counters, well under the 100 writes it may have.
const BATCH: usize = 30;

/// Deletes an owner's certificates that expired or failed; gives how many.
pub async fn cleanup(ctx: &Context, owner: UserId) -> Result<u64> {
    let now = ctx.clock.now();
    let all: Vec<Stored<Certificate>> = list::all(ctx.store.as_ref(), "by_owner", owner.0.into()).await?;
    let useless =
        |certificate: &Stored<Certificate>| matches!(certificate.value.status(now), Status::Expired | Status::Failed);
    let useless: Vec<_> = all.into_iter().filter(useless).collect();
    let mut count = 0;
    for batch in useless.chunks(BATCH) {
        count += match delete::remove(ctx, batch).await {
            Ok(()) => batch.len() as u64,
            // One of them changed meanwhile: each by itself, and that one is left.
            Err(Error::Conflict(_)) => one_by_one(ctx, batch).await?,
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
