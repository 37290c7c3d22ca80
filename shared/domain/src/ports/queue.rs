//! The `Queue` port: at least once, unordered, with a visibility timeout and a dead-letter queue.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::ids::UserId;
use crate::jobs::Job;

/// The queues, one for each family of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueueName {
    /// Certificate orders and what belongs to them.
    Issuer,
    /// Deployments to servers.
    Deployer,
    /// The audit trail.
    Auditor,
    /// Checks of TLS endpoints.
    Prober,
    /// Alerts on their way to people.
    Notifier,
}

impl QueueName {
    /// Every queue.
    pub const ALL: [Self; 5] = [Self::Issuer, Self::Deployer, Self::Prober, Self::Auditor, Self::Notifier];

    /// The name without the deployment's prefix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Deployer => "deployer",
            Self::Auditor => "auditor",
            Self::Prober => "prober",
            Self::Notifier => "notifier",
        }
    }
}

/// A job that was received and must be deleted once it is done.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The job.
    pub job: Job,
    /// Whose work it is, where that is known.
    pub owner: Option<UserId>,
    /// How often it has been received, this time included.
    pub receives: u32,
    /// Proof of this very delivery, for [`Queue::delete`].
    pub receipt: String,
}

/// What a receiver has room for.
pub struct Room<'a> {
    /// Jobs in all.
    pub total: usize,
    /// Jobs of one owner; `None` stands for what Steward does on its own.
    pub of: &'a (dyn Fn(Option<UserId>) -> usize + Sync),
}

impl fmt::Debug for Room<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("total", &self.total).finish_non_exhaustive()
    }
}

/// Why a queue call did not do its work.
#[derive(Debug, thiserror::Error)]
#[error("the queue failed: {0}")]
pub struct QueueError(pub String);

/// Where jobs wait: SQS, or a durable queue in the embedded store.
#[async_trait]
pub trait Queue: Send + Sync + fmt::Debug {
    /// Puts a job on a queue; it can be received after `delay`, or after 15 minutes where that is longer than a
    /// queue can wait: whoever receives a job before its time sends it again with the rest of the delay.
    async fn send(&self, queue: QueueName, job: &Job, delay: Duration) -> Result<(), QueueError>;

    /// The same for work of this owner: [`Queue::receive_fairly`] shares the queue among owners.
    async fn send_for(&self, _owner: UserId, queue: QueueName, job: &Job, delay: Duration) -> Result<(), QueueError> {
        self.send(queue, job, delay).await
    }

    /// Takes up to `max` jobs that are visible now, hiding each for `visibility`. A job not deleted by then is
    /// delivered again; one received more than [`Queue::MAX_RECEIVES`] times goes to the dead-letter queue instead.
    async fn receive(&self, queue: QueueName, max: usize, visibility: Duration) -> Result<Vec<Delivery>, QueueError>;

    /// Takes jobs as [`Queue::receive`] does, of each owner no more than there is room for: the jobs of an owner
    /// without room stand in nobody's way. Where the queue knows no owners, `room.total` are taken of anybody's.
    async fn receive_fairly(
        &self,
        queue: QueueName,
        room: &Room<'_>,
        visibility: Duration,
    ) -> Result<Vec<Delivery>, QueueError> {
        self.receive(queue, room.total, visibility).await
    }

    /// Removes a delivered job. A receipt that is no longer the newest is ignored.
    async fn delete(&self, queue: QueueName, receipt: &str) -> Result<(), QueueError>;

    /// Every job that was sent and not deleted, left where it is: for the export, while nobody works on the queue. On
    /// AWS one that is hidden or delayed can be seen only when that is over, and this waits for it; each look counts as
    /// a receive.
    async fn waiting(&self, queue: QueueName) -> Result<Vec<Job>, QueueError>;

    /// Up to `max` jobs of the dead-letter queue, left there.
    async fn dead_letters(&self, queue: QueueName, max: usize) -> Result<Vec<Job>, QueueError>;

    /// Returns when a job of the queue may be visible: at once, or after at most a few seconds.
    async fn ready(&self, queue: QueueName);

    /// The same, of a job that there is room for.
    async fn ready_fairly(&self, queue: QueueName, _room: &Room<'_>) {
        self.ready(queue).await;
    }
}

impl dyn Queue {
    /// How often a job is delivered before it is given up.
    pub const MAX_RECEIVES: u32 = 5;
}
