//! The `Scheduler` port on EventBridge Scheduler.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_scheduler::error::BuildError;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode, Target};
use domain::operations::SWEEP_SCHEDULE;
use domain::ports::{Clock, Queue, QueueName, Schedule, ScheduleName, Scheduler, SchedulerError, When};
use jiff::SignedDuration;
use system::SystemClock;

use crate::AwsQueue;
use crate::connection::Connection;
use crate::deployment::queue_name;
use crate::expression;
use crate::schedules::{Group, Wanted};

/// How far ahead a one-off is set at least: it must not be past by the time that EventBridge reads it.
const LEAD: SignedDuration = SignedDuration::from_secs(5);

/// The most characters of a schedule's name.
const LONGEST_NAME: usize = 64;

/// How often a schedule is made or changed that goes and comes meanwhile.
const TRIES: u32 = 5;

/// Schedules in the group of the deployment. They fire within a minute of their time: that is EventBridge's precision.
#[derive(Debug)]
pub struct AwsScheduler {
    connection: Arc<Connection>,
    group: Group,
    queue: Arc<AwsQueue>,
}

impl AwsScheduler {
    pub(crate) fn new(connection: Arc<Connection>, queue: Arc<AwsQueue>) -> Self {
        Self { group: Group::new(Arc::clone(&connection)), connection, queue }
    }

    /// The role that the scheduler takes. A program outside Lambda is not told which: that of the stack's own schedule.
    async fn role(&self) -> Result<String, SchedulerError> {
        if let Some(role) = &self.connection.settings().scheduler_role {
            return Ok(role.clone());
        }
        let own = self.group.find(SWEEP_SCHEDULE).await?.and_then(|found| found.target);
        own.map(|target| target.role_arn).ok_or_else(|| {
            SchedulerError(
                "STEWARD_SCHEDULER_ROLE is not set: give the ARN of the role that the stack made for schedules".into(),
            )
        })
    }

    async fn target(&self, schedule: &Schedule) -> Result<Target, SchedulerError> {
        let settings = self.connection.settings();
        let role = self.role().await?;
        let name = queue_name(&settings.stack, schedule.queue);
        let arn = queue_arn(&role, &settings.region, &name)
            .ok_or_else(|| SchedulerError(format!("STEWARD_SCHEDULER_ROLE is not the ARN of a role: {role}")))?;
        let job = serde_json::to_string(&schedule.job)
            .map_err(|error| SchedulerError(format!("a job cannot be sent: {error}")))?;
        Target::builder().arn(arn).role_arn(role).input(job).build().map_err(incomplete)
    }

    /// What was set; `None` for a schedule that Steward never made.
    fn read(&self, found: GetScheduleOutput) -> Option<Schedule> {
        let target = found.target?;
        let is_target =
            |queue: &QueueName| target.arn.rsplit(':').next() == Some(&queue_name(self.connection.stack(), *queue));
        Some(Schedule {
            name: ScheduleName(found.description.filter(|name| !name.is_empty()).or(found.name)?),
            when: expression::read(&found.schedule_expression?)?,
            queue: QueueName::ALL.into_iter().find(is_target)?,
            job: serde_json::from_str(&target.input?).ok()?,
        })
    }
}

#[async_trait]
impl Scheduler for AwsScheduler {
    async fn set(&self, schedule: Schedule) -> Result<(), SchedulerError> {
        let now = SystemClock.now();
        let expression = match schedule.when {
            When::Every(every) => expression::rate(every)?,
            When::At(time) if time <= now => {
                // EventBridge need not fire what is past.
                self.cancel(&schedule.name).await?;
                let sent = self.queue.send(schedule.queue, &schedule.job, Duration::ZERO).await;
                return sent.map_err(|error| SchedulerError(error.to_string()));
            }
            When::At(time) => expression::at(time.max(now + LEAD)),
        };
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().map_err(incomplete)?;
        let target = self.target(&schedule).await?;
        let name = name(&schedule.name);
        let description = (name != schedule.name.0).then(|| schedule.name.0.clone());
        let wanted = Wanted { name, description, expression, window, target };
        for _ in 0..TRIES {
            if self.group.create(&wanted).await? {
                return Ok(());
            }
            // A rate that is set anew starts over.
            let is_rate = matches!(schedule.when, When::Every(_));
            if (is_rate && self.group.stands(&wanted).await?) || self.group.replace(&wanted).await? {
                return Ok(());
            }
        }
        Err(SchedulerError(format!("the schedule {} goes and comes; set it again", wanted.name)))
    }

    async fn cancel(&self, name_of: &ScheduleName) -> Result<(), SchedulerError> {
        self.group.delete(&name(name_of)).await
    }

    async fn list(&self) -> Result<Vec<Schedule>, SchedulerError> {
        let mut schedules = Vec::new();
        for name in self.group.names().await? {
            // One that fires meanwhile is gone.
            let Some(found) = self.group.find(&name).await? else { continue };
            match self.read(found) {
                Some(schedule) => schedules.push(schedule),
                None => tracing::warn!(schedule = name, "left out: this is none of Steward's schedules"),
            }
        }
        Ok(schedules)
    }
}

/// EventBridge takes short names of few characters; any other is told by its hash.
fn name(name: &ScheduleName) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=LONGEST_NAME).contains(&name.0.len()) && name.0.chars().all(fits) {
        return name.0.clone();
    }
    hex::encode(digest(&SHA256, name.0.as_bytes()))
}

/// The queue is in the partition and the account of the role.
fn queue_arn(role: &str, region: &str, queue: &str) -> Option<String> {
    let mut parts = role.split(':');
    let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let account = parts.nth(1)?;
    (arn == "arn" && service == "iam" && !account.is_empty())
        .then(|| format!("arn:{partition}:sqs:{region}:{account}:{queue}"))
}

fn incomplete(error: BuildError) -> SchedulerError {
    SchedulerError(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_does_not_fit_is_hashed() {
        let named = |text: &str| name(&ScheduleName(text.into()));
        assert_eq!(named("sweep_1.a-B"), "sweep_1.a-B");
        let strange = ["", "a/b", "grüße", &"x".repeat(65)].map(named);
        assert!(strange.iter().all(|name| name.len() == 64 && name.chars().all(|c| c.is_ascii_alphanumeric())));
        assert_eq!(named(&"x".repeat(64)), "x".repeat(64));
    }

    #[test]
    fn a_queue_is_where_the_role_is() {
        let arn = queue_arn("arn:aws-cn:iam::123456789012:role/path/x", "cn-north-1", "steward-issuer");
        assert_eq!(arn.unwrap(), "arn:aws-cn:sqs:cn-north-1:123456789012:steward-issuer");
        for role in ["", "role", "arn:aws:s3:::bucket", "arn:aws:iam:::role/x"] {
            assert_eq!(queue_arn(role, "eu-central-1", "q"), None);
        }
    }
}
