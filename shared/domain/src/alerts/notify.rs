use std::time::Duration;

use super::Notice;
use super::channels::{self, Channel};
use super::mailbox::Waiting;
use crate::entity::{self, Stored};
use crate::ids::OperationId;
use crate::operations::{self, Leased, Next, Operation, Work, take};
use crate::ports::{Key, StoreError};
use crate::{Context, Error, Result};

const LEASE: Duration = Duration::from_secs(60);

/// How often a channel is read again because somebody else wrote it at the same time.
const TRIES: usize = 50;

/// Gives an alert's news to every channel of its owner that wants it. Which channels have it is recorded together with
/// their messages, so that a worker that is killed is followed by one that goes on with the next.
pub async fn notify(ctx: &Context, id: OperationId) -> Result<Next> {
    let mut operation = match take(ctx, id, LEASE).await? {
        Leased::Ours(operation) => *operation,
        Leased::Busy(left) => return Ok(Next::Again(left)),
        Leased::Over => return Ok(Next::Done),
    };
    let Work::Notify { notice, told } = operation.value.work.clone() else {
        return Err(Error::Internal(format!("operation {id} does not notify")));
    };
    if let Some(reason) = operations::stopped(ctx, &operation.value, &[]).await? {
        operation.value.fail(&reason, ctx.clock.now());
        operation.save(ctx.store.as_ref()).await?;
        return Ok(Next::Done);
    }
    let channels = channels::of_owner(ctx.store.as_ref(), operation.value.owner).await?;
    let wanting: Vec<_> = channels.into_iter().filter(|channel| channel.value.wants(&notice)).collect();
    if wanting.is_empty() {
        let (alert, title) = (notice.alert, notice.title());
        tracing::warn!(%alert, title, "an alert reaches nobody: no channel of its owner wants it");
    }
    for channel in wanting.into_iter().filter(|channel| !told.contains(&channel.value.id)) {
        if !bring(ctx, &mut operation, channel, &notice).await? {
            return Ok(Next::Done);
        }
    }
    operation.value.succeed(ctx.clock.now());
    operation.save(ctx.store.as_ref()).await?;
    Ok(Next::Done)
}

impl Channel {
    fn wants(&self, notice: &Notice) -> bool {
        self.enabled && self.is_confirmed() && notice.level >= self.min_level
    }
}

/// Puts a message where a channel's messages wait, together with the operation that sends them, if there is none. The
/// channel is written each time, so that an operation that is about to end sees the message. Whether the lease is still
/// ours.
async fn bring(
    ctx: &Context,
    notify: &mut Stored<Operation>,
    mut channel: Stored<Channel>,
    notice: &Notice,
) -> Result<bool> {
    let (store, id) = (ctx.store.as_ref(), channel.value.id);
    let waiting = Waiting { channel: id, notify: notify.value.id, notice: notice.clone() };
    if let Work::Notify { told, .. } = &mut notify.value.work {
        told.push(id);
    }
    for _ in 0..TRIES {
        let mut writes = vec![notify.update()?, entity::insert(&waiting)?];
        let mut begun = None;
        if channel.value.delivery.operation.is_none() {
            let work = Work::Deliver { channel: id };
            let owner = channel.value.owner;
            let new = Operation::new(operations::next_id(store).await?, owner, work, &["deliver"], ctx.clock.now());
            writes.push(entity::insert(&new)?);
            channel.value.delivery.operation = Some(new.id);
            begun = Some(new);
        }
        channel.value.delivery.waiting += 1;
        writes.push(channel.update()?);
        match store.transact(writes).await {
            Ok(()) => {
                notify.written();
                if let Some(operation) = begun {
                    operations::send(ctx.queue.as_ref(), &operation).await;
                }
                return Ok(true);
            }
            // The lease ran out, and another worker goes on.
            Err(StoreError::Unexpected { index: 0 }) => return Ok(false),
            Err(StoreError::Unexpected { .. } | StoreError::Busy(_)) => {}
            Err(error) => return Err(error.into()),
        }
        match entity::find(store, Key::of(id.0)).await? {
            Some(now) => channel = now,
            None => return Ok(true),
        }
    }
    Err(Error::Unavailable(format!("channel {id} changes all the time")))
}
