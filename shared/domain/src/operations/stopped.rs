use std::any::Any;
use std::time::Duration;

use super::{Next, OPERATIONS, Operation};
use crate::entity::{self, Stored};
use crate::ids::OperationId;
use crate::jobs::Job;
use crate::ports::{Key, Query, StoreError};
use crate::users::{self, Touched};
use crate::{Context, Error, Result};

/// Why an operation that was just taken up must not be worked on: it took the process down twice, or its owner may not
/// do it any more. Every flow asks this first, or the like of it, and ends the operation with the reason.
pub async fn stopped(ctx: &Context, operation: &Operation, touched: &[Touched]) -> Result<Option<String>> {
    if let Some(reason) = operation.set_aside() {
        return Ok(Some(reason));
    }
    let decided = users::ask_again(ctx, operation.owner, &[], touched).await?;
    Ok(decided.err().map(|barred| barred.to_string()))
}

/// Whether an attempt at a job's operation ended with its process. Such operations are worked on one at a time, so
/// that the next end of the process tells which of them it was.
pub async fn is_suspect(ctx: &Context, job: &Job) -> Result<bool> {
    let Some(id) = job.operation() else { return Ok(false) };
    let operation: Option<Stored<Operation>> = entity::find(ctx.store.as_ref(), Key::of(id.0)).await?;
    Ok(operation.is_some_and(|found| {
        found.value.is_open()
            && (found.value.unfinished > 0 || found.value.lease.is_some_and(|lease| lease.until <= ctx.clock.now()))
    }))
}

/// The pause after a panic.
const AFTER_PANIC: Duration = Duration::from_secs(1);

/// What comes after a job that panicked. Its operation is tried again, until that is enough; any other job is delivered
/// again.
pub async fn panicked(ctx: &Context, job: &Job) -> Result<Next> {
    let Some(operation) = job.operation() else {
        return Err(Error::Internal("the job panicked; the log says where".into()));
    };
    interrupted(ctx, operation).await?;
    Ok(Next::Again(AFTER_PANIC))
}

/// What a panic says of itself.
pub fn panic_words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it does not say why")
}

/// Takes note of an attempt that did not come to its end, and frees the operation for the next.
async fn interrupted(ctx: &Context, id: OperationId) -> Result<()> {
    let Some(mut operation) = entity::find::<Operation>(ctx.store.as_ref(), Key::of(id.0)).await? else {
        return Ok(());
    };
    if operation.value.is_open() && operation.value.lease.is_some() {
        operation.value.was_interrupted();
        operation.value.updated_at = ctx.clock.now();
        operation.save(ctx.store.as_ref()).await?;
    }
    Ok(())
}

/// Gives every lease back, because this process stops in good order: what it cut off is no sign of a fault. Only for a
/// process that knows it is the only one, once its workers have ended.
pub async fn give_back(ctx: &Context) -> Result<()> {
    let mut query = Query::of(&OPERATIONS, "open");
    query.index = Some("by_open");
    for mut operation in entity::every::<Operation>(ctx.store.as_ref(), query).await? {
        if operation.value.lease.take().is_some() {
            operation.save(ctx.store.as_ref()).await?;
        }
    }
    Ok(())
}

/// Gives operations that ended before there was a time to live the one they would have; gives how many. Reads all
/// operations: for once a day.
pub async fn retire(ctx: &Context) -> Result<usize> {
    let (mut after, mut retired) = (None, 0);
    loop {
        let page = ctx.store.scan(&OPERATIONS, after).await?;
        for item in page.items.into_iter().filter(|item| !item.contains_key("open") && !item.contains_key("expires_at"))
        {
            let operation = entity::from_item::<Operation>(item)?;
            match ctx.store.write(operation.update()?).await {
                Ok(()) => retired += 1,
                Err(StoreError::Unexpected { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(retired),
        }
    }
}
