//! Who may work on how much at once: a queue is shared by owners, so that nobody stops everybody.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::ids::UserId;
use domain::ports::{QueueName, Room};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

/// How much of a queue is worked on at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    /// Jobs in all. Most of them wait for somebody else, and cost little.
    total: usize,
    /// Jobs of one owner.
    each: usize,
    /// Jobs of one owner whose jobs take long: their peers answer slowly, or never.
    slow: usize,
    /// A job that takes longer than this makes its owner slow for a while.
    patience: Duration,
}

/// How long an owner counts as slow after a slow job has ended.
const SLOW_FOR: Duration = Duration::from_secs(60);

impl Share {
    /// The share of each owner of a queue.
    pub(crate) const fn of(queue: QueueName) -> Self {
        let seconds = Duration::from_secs;
        match queue {
            QueueName::Issuer | QueueName::Notifier => Self { total: 64, each: 16, slow: 4, patience: seconds(5) },
            // A run takes its time on a server that is well.
            QueueName::Deployer => Self { total: 64, each: 16, slow: 8, patience: seconds(30) },
            // Entries of the audit trail follow one another: more at once would only refuse each other.
            QueueName::Auditor => Self { total: 2, each: 2, slow: 2, patience: seconds(60) },
            // A check mostly waits, and one of a dead endpoint for all of its ten seconds.
            QueueName::Prober => Self { total: 400, each: 200, slow: 100, patience: seconds(5) },
        }
    }
}

/// The slots of one queue.
#[derive(Debug)]
pub(crate) struct Slots {
    share: Share,
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    total: usize,
    /// A number for each job, so that it can be told from the others.
    next: u64,
    owners: HashMap<UserId, Owner>,
}

#[derive(Debug, Default)]
struct Owner {
    /// When each of their jobs began.
    since: BTreeMap<u64, Instant>,
    slow_until: Option<Instant>,
}

impl Owner {
    fn is_slow(&self, share: &Share, now: Instant) -> bool {
        self.slow_until.is_some_and(|until| now < until)
            || self.since.values().next().is_some_and(|since| now.duration_since(*since) > share.patience)
    }
}

/// A slot that is taken; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<Slots>,
    owner: Option<UserId>,
    number: u64,
}

impl Slots {
    pub(crate) fn new(share: Share) -> Arc<Self> {
        Arc::new(Self { share, taken: Mutex::default(), freed: Notify::new() })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Slots that are free now.
    pub(crate) fn free(&self) -> usize {
        self.share.total.saturating_sub(self.taken().total)
    }

    /// Slots that are free now for an owner; all of them for what Steward does on its own.
    pub(crate) fn free_for(&self, owner: Option<UserId>) -> usize {
        let taken = self.taken();
        let free = self.share.total.saturating_sub(taken.total);
        let Some(state) = owner.and_then(|owner| taken.owners.get(&owner)) else {
            return if owner.is_some() { free.min(self.share.each) } else { free };
        };
        let most = if state.is_slow(&self.share, Instant::now()) { self.share.slow } else { self.share.each };
        free.min(most.saturating_sub(state.since.len()))
    }

    /// Does something with what there is room for now.
    pub(crate) async fn with_room<T>(&self, act: impl AsyncFnOnce(&Room<'_>) -> T) -> T {
        let of = |owner| self.free_for(owner);
        act(&Room { total: self.free(), of: &of }).await
    }

    /// Takes a slot, even where there is none: a queue that knows no owners gives jobs of anybody.
    pub(crate) fn take(self: &Arc<Self>, owner: Option<UserId>) -> Slot {
        let mut taken = self.taken();
        taken.total += 1;
        taken.next += 1;
        let number = taken.next;
        if let Some(owner) = owner {
            taken.owners.entry(owner).or_default().since.insert(number, Instant::now());
        }
        Slot { slots: Arc::clone(self), owner, number }
    }

    /// Ends when a slot was given back since this was called.
    pub(crate) fn freed(&self) -> Notified<'_> {
        self.freed.notified()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken();
        taken.total = taken.total.saturating_sub(1);
        if let Some(owner) = self.owner {
            let now = Instant::now();
            let state = taken.owners.entry(owner).or_default();
            let began = state.since.remove(&self.number);
            if began.is_some_and(|began| now.duration_since(began) > self.slots.share.patience) {
                state.slow_until = now.checked_add(SLOW_FOR);
            }
            if state.since.is_empty() && state.slow_until.is_none_or(|until| until <= now) {
                taken.owners.remove(&owner);
            }
        }
        drop(taken);
        self.slots.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Share = Share { total: 8, each: 4, slow: 1, patience: Duration::from_secs(5) };
    const A: Option<UserId> = Some(UserId(1));
    const B: Option<UserId> = Some(UserId(2));

    #[tokio::test(start_paused = true)]
    async fn an_owner_has_a_share_and_a_slow_one_a_smaller() {
        let slots = Slots::new(SHARE);
        let held: Vec<_> = (0..4).map(|_| slots.take(A)).collect();
        assert_eq!((slots.free_for(A), slots.free_for(B), slots.free_for(None)), (0, 4, 4));
        tokio::time::advance(Duration::from_secs(6)).await;
        drop(held);
        assert_eq!((slots.free_for(A), slots.free_for(B), slots.free_for(None)), (1, 4, 8));
        let one = slots.take(A);
        assert_eq!(slots.free_for(A), 0);
        drop(one);
        tokio::time::advance(SLOW_FOR).await;
        assert_eq!(slots.free_for(A), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_at_something_slow_gets_no_more_before_it_has_ended() {
        let slots = Slots::new(SHARE);
        let _held = (slots.take(A), slots.take(A));
        assert_eq!(slots.free_for(A), 2);
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!((slots.free_for(A), slots.free_for(B)), (0, 4));
    }
}
