//! What is still to be done: the jobs that wait, and the schedules that will send others.

use std::time::Duration;

use domain::jobs::Job;
use domain::operations::SWEEP_SCHEDULE;
use domain::ports::{QueueName, Schedule, ScheduleName, When};
use domain::{Context, Error};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::progress::Progress;
use super::{TransferError, line};

/// A line of `jobs.jsonl`.
#[derive(Serialize, Deserialize)]
pub(super) struct WaitingJob {
    /// The name of its queue.
    pub queue: String,
    job: Job,
}

/// A line of `schedules.jsonl`.
#[derive(Serialize, Deserialize)]
pub(super) struct Planned {
    name: String,
    #[serde(flatten)]
    time: Time,
    /// The name of its queue.
    pub queue: String,
    job: Job,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Time {
    At(Timestamp),
    EverySeconds(u64),
}

/// The queue of this name, if this version has it.
pub(super) fn queue(name: &str) -> Option<QueueName> {
    QueueName::ALL.into_iter().find(|known| known.as_str() == name)
}

/// Every job that waits, as a line; one that was given up gets another chance where it arrives. They stay on their
/// queues.
pub(super) async fn job_lines(ctx: &Context) -> Result<Vec<String>, TransferError> {
    let mut progress = Progress::of("jobs", None);
    let mut lines = Vec::new();
    for queue in QueueName::ALL {
        let mut jobs = ctx.queue.waiting(queue).await.map_err(Error::from)?;
        jobs.extend(ctx.queue.dead_letters(queue, usize::MAX).await.map_err(Error::from)?);
        progress.add(jobs.len());
        for job in jobs {
            lines.push(line(&WaitingJob { queue: queue.as_str().to_owned(), job })?);
        }
    }
    progress.end();
    Ok(lines)
}

/// Every schedule, as a line, but for the sweep: each deployment makes its own.
pub(super) async fn schedule_lines(ctx: &Context) -> Result<Vec<String>, TransferError> {
    let schedules = ctx.scheduler.list().await.map_err(Error::from)?;
    let planned = schedules.into_iter().filter(|schedule| schedule.name.0 != SWEEP_SCHEDULE).map(|schedule| {
        let Schedule { name: ScheduleName(name), when, queue, job } = schedule;
        let time = match when {
            When::At(time) => Time::At(whole_seconds(time)),
            When::Every(every) => Time::EverySeconds(every.as_secs()),
        };
        line(&Planned { name, time, queue: queue.as_str().to_owned(), job })
    });
    planned.collect()
}

/// Sends jobs. One that was sent by an import that was cut off is sent again, which does no harm.
pub(super) async fn send(ctx: &Context, jobs: Vec<(QueueName, WaitingJob)>) -> Result<(), TransferError> {
    let mut progress = Progress::of("jobs", Some(jobs.len()));
    for (queue, waiting) in jobs {
        ctx.queue.send(queue, &waiting.job, Duration::ZERO).await.map_err(Error::from)?;
        progress.add(1);
    }
    progress.end();
    Ok(())
}

/// Sets schedules; those whose time has passed fire now.
pub(super) async fn set(ctx: &Context, schedules: Vec<(QueueName, Planned)>) -> Result<(), TransferError> {
    let mut progress = Progress::of("schedules", Some(schedules.len()));
    for (queue, Planned { name, time, job, .. }) in schedules {
        let when = match time {
            Time::At(time) => When::At(time),
            Time::EverySeconds(seconds) => When::Every(Duration::from_secs(seconds)),
        };
        let schedule = Schedule { name: ScheduleName(name), when, queue, job };
        ctx.scheduler.set(schedule).await.map_err(Error::from)?;
        progress.add(1);
    }
    progress.end();
    Ok(())
}

/// Rounded up, as EventBridge has it: the same schedule gives the same line, wherever it was.
fn whole_seconds(time: Timestamp) -> Timestamp {
    let whole = time.as_second() + i64::from(time.subsec_nanosecond() > 0);
    Timestamp::from_second(whole).unwrap_or(time)
}
