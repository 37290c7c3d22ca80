use super::Channel;
use crate::entity::{self, Stored};
use crate::operations::{self, Operation, Work};
use crate::ports::Key;
use crate::{Context, Error, Result, counter};

const TRIES: usize = 10;

/// Deletes a channel; what waits for it is dropped, and an operation removes its secrets.
pub async fn delete(ctx: &Context, mut channel: Stored<Channel>) -> Result<()> {
    let store = ctx.store.as_ref();
    let (id, owner) = (channel.value.id, channel.value.owner);
    let work = Work::Purge { secrets: vec![Channel::secret(id)] };
    let operation = Operation::new(operations::next_id(store).await?, owner, work, &["purge"], ctx.clock.now());
    for _ in 0..TRIES {
        let writes = vec![channel.delete(), counter::add(&Channel::total(owner), -1), entity::insert(&operation)?];
        match store.transact(writes).await.map_err(Error::from) {
            Err(Error::Conflict(_)) => channel = entity::load(store, Key::of(id.0)).await?,
            done => {
                done?;
                operations::send(ctx.queue.as_ref(), &operation).await;
                return Ok(());
            }
        }
    }
    Err(Error::Unavailable("the channel is sending all the time; try again in a moment".into()))
}
