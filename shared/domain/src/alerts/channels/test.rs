use super::{Channel, confirm};
use crate::alerts::allowance::{Limit, spend};
use crate::alerts::deliver::{BURST, WINDOW, hand_over};
use crate::alerts::message::trial;
use crate::entity::{self, Stored};
use crate::ports::Key;
use crate::{Context, Error, Result};

/// Sends a message that only says that the channel works. It counts among the messages of the last minutes, so that
/// nobody uses it to flood somebody, and against what the owner may send in an hour. An address that has not confirmed gets
/// none.
pub async fn test(ctx: &Context, channel: &mut Stored<Channel>) -> Result<()> {
    if let Err(error) = confirm::seek(ctx, channel).await {
        // The job that asks may have been faster.
        *channel = entity::load(ctx.store.as_ref(), Key::of(channel.value.id.0)).await?;
        if !channel.value.confirmed && channel.value.confirmation.is_none() {
            return Err(error);
        }
    }
    confirm::require(&channel.value)?;
    let now = ctx.clock.now();
    let delivery = &mut channel.value.delivery;
    delivery.forget_before(now);
    if delivery.recent.len() >= BURST {
        return Err(Error::TooMany {
            message: format!("{BURST} messages went there in the last minutes; wait before you test it"),
            retry_after: WINDOW.as_secs(),
        });
    }
    spend(ctx, &[Limit::tests_of(channel.value.owner)]).await?;
    channel.value.delivery.recent.push(now);
    channel.save(ctx.store.as_ref()).await?;
    hand_over(ctx, &channel.value, &trial(ctx, &channel.value)).await.map_err(|error| Error::Unavailable(error.reason))
}
