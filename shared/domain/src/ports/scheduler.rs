//! The `Scheduler` port: at a time, or at a rate, put this job on that queue.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::QueueName;
use crate::jobs::Job;

/// The name of a schedule; making one with a name that exists replaces it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScheduleName(pub String);

/// When a schedule fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Once, at this time or as soon after it as possible; then it is gone.
    At(Timestamp),
    /// Every so often, until cancelled. At least a second; times missed while down are made up for by one firing.
    Every(Duration),
}

/// A job to put on a queue at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Its name.
    pub name: ScheduleName,
    /// When it fires.
    pub when: When,
    /// Where the job goes.
    pub queue: QueueName,
    /// The job.
    pub job: Job,
}

/// Why a scheduler call did not do its work.
#[derive(Debug, thiserror::Error)]
#[error("the scheduler failed: {0}")]
pub struct SchedulerError(pub String);

/// What wakes work up later: EventBridge Scheduler, or durable schedules in the embedded store.
#[async_trait]
pub trait Scheduler: Send + Sync + fmt::Debug {
    /// Makes or replaces a schedule. Replacing a rate by the same rate does not start it over.
    async fn set(&self, schedule: Schedule) -> Result<(), SchedulerError>;

    /// Removes a schedule; removing what is not there succeeds.
    async fn cancel(&self, name: &ScheduleName) -> Result<(), SchedulerError>;

    /// Every schedule, in no order: for the export.
    async fn list(&self) -> Result<Vec<Schedule>, SchedulerError>;
}
