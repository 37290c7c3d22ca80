//! The `Queue` port: at least once, unordered, with a visibility timeout and a dead-letter queue.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

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
    /// How often it has been received, this time included.
    pub receives: u32,
    /// Proof of this very delivery, for [`Queue::delete`].
    pub receipt: String,
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

    /// Takes up to `max` jobs that are visible now, hiding each for `visibility`. A job not deleted by then is
    /// delivered again; one received more than [`Queue::MAX_RECEIVES`] times goes to the dead-letter queue instead.
    async fn receive(&self, queue: QueueName, max: usize, visibility: Duration) -> Result<Vec<Delivery>, QueueError>;

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
}

impl dyn Queue {
    /// How often a job is delivered before it is given up.
    pub const MAX_RECEIVES: u32 = 5;
}
