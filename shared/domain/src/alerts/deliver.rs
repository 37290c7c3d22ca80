use std::time::Duration;

use jiff::Timestamp;

use super::channels::{Batch, Channel, Delivery, Service, of_owner, open};
use super::mailbox::{Waiting, notices, waiting};
use super::message::compose;
use crate::entity::{self, Stored};
use crate::ids::{ChannelId, OperationId, UserId};
use crate::operations::{Leased, Next, Operation, Work, next_id, send, stopped, take};
use crate::ports::{EntropyExt, Key, Mail, Message, MessengerError, StoreError, Write};
use crate::{Context, Error, Result};

/// Longer than a message may take.
const LEASE: Duration = Duration::from_secs(90);
/// So many messages go to a channel within [`WINDOW`]; what comes then is held, and sent as one.
pub(super) const BURST: usize = 5;
/// The time in which messages are counted.
pub(super) const WINDOW: Duration = Duration::from_secs(5 * 60);
/// The most messages in one: they are removed in one transaction.
const MOST: u32 = 90;
/// How often a result is recorded anew because the channel was written meanwhile.
const TRIES: usize = 50;
/// The pauses after each failed attempt; after the last attempt the message is given up, about 16 hours old.
const BACKOFF: [u64; 8] = [60, 5 * 60, 15 * 60, 3600, 2 * 3600, 4 * 3600, 4 * 3600, 4 * 3600];
/// The longest pause that the other side can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// What comes after a turn.
enum Turn {
    Another,
    End(Next),
}

/// Sends what waits for a channel until nothing does. What is about to be sent is recorded first, so that a worker that
/// is killed is followed by one that sends the same, under the same id. Only a message that went out and could not be
/// recorded goes out twice: whether the other side took it cannot be known.
pub async fn deliver(ctx: &Context, id: OperationId) -> Result<Next> {
    let mut operation = match take(ctx, id, LEASE).await? {
        Leased::Ours(operation) => *operation,
        Leased::Busy(left) => return Ok(Next::Again(left)),
        Leased::Over => return Ok(Next::Done),
    };
    let Work::Deliver { channel } = operation.value.work else {
        return Err(Error::Internal(format!("operation {id} does not deliver")));
    };
    if let Some(reason) = stopped(ctx, &operation.value, &[]).await? {
        return stop(ctx, operation, channel, &reason).await;
    }
    loop {
        if let Turn::End(next) = turn(ctx, &mut operation, channel).await? {
            return Ok(next);
        }
    }
}

/// Ends the delivery; what waits stays until the channel's owner may be told again.
async fn stop(ctx: &Context, mut operation: Stored<Operation>, id: ChannelId, reason: &str) -> Result<Next> {
    let store = ctx.store.as_ref();
    operation.value.fail(reason, ctx.clock.now());
    let mut writes = vec![operation.update()?];
    if let Some(mut channel) = entity::find::<Channel>(store, Key::of(id.0)).await?
        && channel.value.delivery.operation == Some(operation.value.id)
    {
        let delivery = &mut channel.value.delivery;
        (delivery.operation, delivery.last_error) = (None, Some(reason.to_owned()));
        writes.push(channel.update()?);
    }
    store.transact(writes).await?;
    Ok(Next::Done)
}

/// Sends what waits for the channels of a user who is active again; gives for how many.
pub async fn resume(ctx: &Context, owner: UserId) -> Result<usize> {
    let store = ctx.store.as_ref();
    let mut begun = 0;
    for mut channel in of_owner(store, owner).await? {
        let (id, delivery) = (channel.value.id, &mut channel.value.delivery);
        if delivery.operation.is_some() || delivery.waiting == 0 {
            continue;
        }
        let work = Work::Deliver { channel: id };
        let operation = Operation::new(next_id(store).await?, owner, work, &["deliver"], ctx.clock.now());
        (delivery.operation, delivery.last_error) = (Some(operation.id), None);
        match store.transact(vec![channel.update()?, entity::insert(&operation)?]).await {
            Ok(()) => {
                send(ctx.queue.as_ref(), &operation).await;
                begun += 1;
            }
            // News came meanwhile, and with it an operation.
            Err(StoreError::Unexpected { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(begun)
}

async fn turn(ctx: &Context, operation: &mut Stored<Operation>, id: ChannelId) -> Result<Turn> {
    let store = ctx.store.as_ref();
    let found = entity::find::<Channel>(store, Key::of(id.0)).await?;
    let messages = waiting(store, id, MOST).await?;
    let Some(mut channel) = found.filter(|channel| channel.value.delivery.operation == Some(operation.value.id)) else {
        return drop_all(ctx, operation, messages).await;
    };
    if messages.is_empty() {
        return finish(ctx, operation, channel).await;
    }
    if !channel.value.enabled || !channel.value.is_confirmed() {
        let removed = messages.iter().map(|message| message.notify.0).collect::<Vec<_>>();
        return record(ctx, operation, channel, &removed, |delivery| delivery.batch = None).await;
    }
    let now = ctx.clock.now();
    let Some(batch) = channel.value.delivery.batch.clone() else {
        let delivery = &mut channel.value.delivery;
        if let Some(pause) = delivery.choose(&messages, ctx.entropy.hex::<8>(), now) {
            let mut paused = operation.clone();
            paused.value.pause(pause, Some("held back, to be sent as one message".into()), now);
            return settle(ctx, operation, vec![channel.update()?, paused.update()?], Next::Again(pause)).await;
        }
        // Recorded before it is sent.
        return settle_turn(channel.save(store).await);
    };
    let notices = notices(store, id, &batch.messages).await?;
    if notices.is_empty() {
        channel.value.delivery.batch = None;
        return settle_turn(channel.save(store).await);
    }
    let sent = hand_over(ctx, &channel.value, &compose(ctx, batch.id, &notices)).await;
    let now = ctx.clock.now();
    match sent {
        Ok(()) => record(ctx, operation, channel, &batch.messages, |delivery| delivery.succeeded(now)).await,
        Err(error) => failed(ctx, operation, channel, &batch.messages, &error, now).await,
    }
}

/// Hands a message to what carries a channel's messages.
pub(super) async fn hand_over(
    ctx: &Context,
    channel: &Channel,
    message: &Message,
) -> std::result::Result<(), MessengerError> {
    let refused = |reason: String| MessengerError { reason, retry_after: None };
    if let Service::Email { address } = &channel.service {
        if !ctx.mailer.is_set() {
            return Err(refused("no mail server is set up; the operator sets one".into()));
        }
        let (to, subject, body) = (address.to_string(), message.title.clone(), format!("{}\n", message.text));
        return ctx.mailer.send(&Mail { to, subject, body }).await.map_err(|error| refused(error.to_string()));
    }
    let address = open(ctx, channel).await.map_err(|error| {
        tracing::error!(channel = %channel.id, %error, "a channel's address cannot be read");
        refused("its address cannot be read; give it again with PUT /api/channels/{id}".into())
    })?;
    match address {
        Some(address) => ctx.messenger.send(&address, message).await,
        None => Ok(()),
    }
}

impl Delivery {
    pub(super) fn forget_before(&mut self, now: Timestamp) {
        // What a clock that was set back since calls later than now says nothing.
        self.recent.retain(|sent| *sent <= now && within_window(*sent, now).is_some());
    }

    /// Decides what is sent next: the oldest message, or all of them where they are many or were held. `Some` pause when
    /// they are to be held.
    fn choose(&mut self, messages: &[Waiting], id: String, now: Timestamp) -> Option<Duration> {
        self.forget_before(now);
        if self.recent.len() >= BURST {
            self.holding = true;
            let oldest = self.recent.iter().min().and_then(|oldest| within_window(*oldest, now));
            return Some(oldest.unwrap_or(WINDOW));
        }
        let together = self.holding || messages.len() > BURST;
        let chosen = if together { messages.len() } else { 1 };
        let messages = messages.iter().take(chosen).map(|message| message.notify.0).collect();
        self.batch = Some(Batch { id, messages });
        self.holding = false;
        None
    }

    fn succeeded(&mut self, now: Timestamp) {
        self.recent.push(now);
        self.delivered_at = Some(now);
        (self.batch, self.attempts, self.failing_since, self.last_error) = (None, 0, None, None);
    }

    fn failed(&mut self, reason: &str, now: Timestamp) {
        self.attempts += 1;
        self.failing_since.get_or_insert(now);
        self.last_error = Some(reason.to_owned());
    }
}

/// How long a time is still within the window.
fn within_window(sent: Timestamp, now: Timestamp) -> Option<Duration> {
    let since = Duration::try_from(now.duration_since(sent)).unwrap_or_default();
    WINDOW.checked_sub(since).filter(|left| !left.is_zero())
}

/// Tries again later, or gives the messages up after the last attempt.
async fn failed(
    ctx: &Context,
    operation: &mut Stored<Operation>,
    mut channel: Stored<Channel>,
    batch: &[i64],
    error: &MessengerError,
    now: Timestamp,
) -> Result<Turn> {
    let (id, attempt) = (channel.value.id, channel.value.delivery.attempts as usize);
    let Some(own) = BACKOFF.get(attempt).map(|seconds| Duration::from_secs(*seconds)) else {
        tracing::error!(channel = %id, messages = batch.len(), reason = error.reason, "messages are given up");
        let lost = batch.len() as u64;
        return record(ctx, operation, channel, batch, |delivery| {
            delivery.failed(&error.reason, now);
            (delivery.batch, delivery.attempts) = (None, 0);
            delivery.lost += lost;
        })
        .await;
    };
    let pause = error.retry_after.map_or(own, |asked| asked.max(own)).min(LONGEST_PAUSE);
    tracing::warn!(channel = %id, reason = error.reason, ?pause, "a message was not taken");
    for _ in 0..TRIES {
        channel.value.delivery.failed(&error.reason, now);
        operation.value.pause(pause, Some(error.reason.clone()), now);
        match ctx.store.transact(vec![operation.update()?, channel.update()?]).await {
            Ok(()) => return Ok(Turn::End(Next::Again(pause))),
            Err(StoreError::Unexpected { index: 1 } | StoreError::Busy(_)) => {}
            Err(StoreError::Unexpected { .. }) => return Ok(Turn::End(Next::Done)),
            Err(error) => return Err(error.into()),
        }
        match entity::find(ctx.store.as_ref(), Key::of(id.0)).await? {
            Some(now) => channel = now,
            None => return Ok(Turn::Another),
        }
    }
    Err(Error::Unavailable(format!("channel {id} changes all the time")))
}

/// Removes messages that are done with, notes it in the channel, and keeps the lease for what comes next.
async fn record(
    ctx: &Context,
    operation: &mut Stored<Operation>,
    mut channel: Stored<Channel>,
    messages: &[i64],
    note: impl Fn(&mut Delivery),
) -> Result<Turn> {
    let (store, id, now) = (ctx.store.as_ref(), channel.value.id, ctx.clock.now());
    let until = now.checked_add(LEASE).map_err(|e| Error::Internal(e.to_string()))?;
    operation.value.keep_lease(until);
    operation.value.updated_at = now;
    let removed = u32::try_from(messages.len()).unwrap_or(u32::MAX);
    for _ in 0..TRIES {
        note(&mut channel.value.delivery);
        channel.value.delivery.waiting = channel.value.delivery.waiting.saturating_sub(removed);
        let mut writes = vec![operation.update()?, channel.update()?];
        writes.extend(messages.iter().map(|message| Waiting::remove(id, *message)));
        match store.transact(writes).await {
            Ok(()) => {
                operation.written();
                return Ok(Turn::Another);
            }
            Err(StoreError::Unexpected { index: 1 } | StoreError::Busy(_)) => {}
            // The lease ran out, and another worker goes on.
            Err(StoreError::Unexpected { .. }) => return Ok(Turn::End(Next::Done)),
            Err(error) => return Err(error.into()),
        }
        match entity::find(store, Key::of(id.0)).await? {
            Some(now) => channel = now,
            // It was deleted meanwhile; the next turn cleans up.
            None => return Ok(Turn::Another),
        }
    }
    Err(Error::Unavailable(format!("channel {id} changes all the time")))
}

/// Nothing waits: the next message brings an operation of its own.
async fn finish(ctx: &Context, operation: &mut Stored<Operation>, mut channel: Stored<Channel>) -> Result<Turn> {
    let delivery = &mut channel.value.delivery;
    (delivery.operation, delivery.waiting, delivery.batch) = (None, 0, None);
    let mut ended = operation.clone();
    ended.value.succeed(ctx.clock.now());
    settle(ctx, operation, vec![channel.update()?, ended.update()?], Next::Done).await
}

/// The channel is gone, or another operation sends its messages now.
async fn drop_all(ctx: &Context, operation: &mut Stored<Operation>, messages: Vec<Waiting>) -> Result<Turn> {
    let store = ctx.store.as_ref();
    let gone = match messages.first() {
        Some(first) => entity::find::<Channel>(store, Key::of(first.channel.0)).await?.is_none(),
        None => false,
    };
    if gone {
        let writes: Vec<Write> = messages.iter().map(|m| Waiting::remove(m.channel, m.notify.0)).collect();
        store.transact(writes).await?;
        return Ok(Turn::Another);
    }
    let mut ended = operation.clone();
    ended.value.succeed(ctx.clock.now());
    settle(ctx, operation, vec![ended.update()?], Next::Done).await
}

/// Commits, and ends the turn; begins another where somebody wrote the channel meanwhile.
async fn settle(ctx: &Context, operation: &mut Stored<Operation>, writes: Vec<Write>, next: Next) -> Result<Turn> {
    match ctx.store.transact(writes).await {
        Ok(()) => Ok(Turn::End(next)),
        Err(StoreError::Unexpected { .. }) => {
            let holder = operation.value.lease.as_ref().map(|lease| lease.holder.clone());
            let now: Stored<Operation> = entity::load(ctx.store.as_ref(), Key::of(operation.value.id.0)).await?;
            let ours = holder.is_some() && now.value.lease.as_ref().map(|lease| lease.holder.clone()) == holder;
            *operation = now;
            Ok(if ours { Turn::Another } else { Turn::End(Next::Done) })
        }
        Err(error) => Err(error.into()),
    }
}

fn settle_turn(saved: Result<()>) -> Result<Turn> {
    match saved {
        Ok(()) | Err(Error::Conflict(_)) => Ok(Turn::Another),
        Err(error) => Err(error),
    }
}
