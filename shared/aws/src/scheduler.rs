//! The `Scheduler` port on EventBridge Scheduler.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_scheduler::error::BuildError;
use aws_sdk_scheduler::types::{ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, Target};
use domain::ports::{Clock, Queue, Schedule, ScheduleName, Scheduler, SchedulerError, When};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use system::SystemClock;

use crate::AwsQueue;
use crate::connection::Connection;
use crate::deployment::queue_name;
use crate::fault::{code, words};

/// The shortest rate of the port. That of AWS is a minute.
const SHORTEST: Duration = Duration::from_secs(1);

/// The most characters of a schedule's name.
const LONGEST_NAME: usize = 64;

/// How often a schedule is made or changed that goes and comes meanwhile.
const TRIES: u32 = 5;

/// Schedules in the group of the deployment. They fire within a minute of their time: that is EventBridge's precision.
#[derive(Debug)]
pub struct AwsScheduler {
    connection: Arc<Connection>,
    queue: Arc<AwsQueue>,
}

impl AwsScheduler {
    pub(crate) fn new(connection: Arc<Connection>, queue: Arc<AwsQueue>) -> Self {
        Self { connection, queue }
    }

    fn client(&self) -> &aws_sdk_scheduler::Client {
        self.connection.scheduler()
    }

    fn target(&self, schedule: &Schedule) -> Result<Target, SchedulerError> {
        let settings = self.connection.settings();
        let role = settings.scheduler_role.as_deref().ok_or_else(|| {
            SchedulerError(
                "STEWARD_SCHEDULER_ROLE is not set: give the ARN of the role that the stack made for schedules".into(),
            )
        })?;
        let name = queue_name(&settings.stack, schedule.queue);
        let arn = queue_arn(role, &settings.region, &name)
            .ok_or_else(|| SchedulerError(format!("STEWARD_SCHEDULER_ROLE is not the ARN of a role: {role}")))?;
        let job = serde_json::to_string(&schedule.job)
            .map_err(|error| SchedulerError(format!("a job cannot be sent: {error}")))?;
        Target::builder().arn(arn).role_arn(role).input(job).build().map_err(incomplete)
    }

    /// Makes a schedule; `false` where one of the name is there.
    async fn create(&self, wanted: &Wanted) -> Result<bool, SchedulerError> {
        let request = self
            .client()
            .create_schedule()
            .group_name(self.connection.stack())
            .name(&wanted.name)
            .schedule_expression(&wanted.expression)
            .flexible_time_window(wanted.window.clone())
            .target(wanted.target.clone())
            .action_after_completion(ActionAfterCompletion::Delete);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if code(&error) == Some("ConflictException") => Ok(false),
            Err(error) => Err(SchedulerError(words(&error))),
        }
    }

    /// Changes a schedule; `false` where it is gone.
    async fn replace(&self, wanted: &Wanted) -> Result<bool, SchedulerError> {
        let request = self
            .client()
            .update_schedule()
            .group_name(self.connection.stack())
            .name(&wanted.name)
            .schedule_expression(&wanted.expression)
            .flexible_time_window(wanted.window.clone())
            .target(wanted.target.clone())
            .action_after_completion(ActionAfterCompletion::Delete);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_gone(code(&error)) => Ok(false),
            Err(error) => Err(SchedulerError(words(&error))),
        }
    }

    /// Whether this very schedule is there.
    async fn stands(&self, wanted: &Wanted) -> Result<bool, SchedulerError> {
        let request = self.client().get_schedule().group_name(self.connection.stack()).name(&wanted.name);
        match request.send().await {
            Ok(found) => Ok(found.schedule_expression.as_deref() == Some(&wanted.expression)
                && found.target.is_some_and(|target| {
                    target.arn == wanted.target.arn
                        && target.role_arn == wanted.target.role_arn
                        && target.input == wanted.target.input
                })),
            Err(error) if is_gone(code(&error)) => Ok(false),
            Err(error) => Err(SchedulerError(words(&error))),
        }
    }
}

/// A schedule as EventBridge has it.
struct Wanted {
    name: String,
    expression: String,
    window: FlexibleTimeWindow,
    target: Target,
}

#[async_trait]
impl Scheduler for AwsScheduler {
    async fn set(&self, schedule: Schedule) -> Result<(), SchedulerError> {
        let expression = match schedule.when {
            When::Every(every) => rate(every)?,
            When::At(time) if time <= SystemClock.now() => {
                // EventBridge need not fire what is past.
                self.cancel(&schedule.name).await?;
                let sent = self.queue.send(schedule.queue, &schedule.job, Duration::ZERO).await;
                return sent.map_err(|error| SchedulerError(error.to_string()));
            }
            When::At(time) => at(time),
        };
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().map_err(incomplete)?;
        let wanted = Wanted { name: name(&schedule.name), expression, window, target: self.target(&schedule)? };
        for _ in 0..TRIES {
            if self.create(&wanted).await? {
                return Ok(());
            }
            // A rate that is set anew starts over.
            let is_rate = matches!(schedule.when, When::Every(_));
            if (is_rate && self.stands(&wanted).await?) || self.replace(&wanted).await? {
                return Ok(());
            }
        }
        Err(SchedulerError(format!("the schedule {} goes and comes; set it again", wanted.name)))
    }

    async fn cancel(&self, name_of: &ScheduleName) -> Result<(), SchedulerError> {
        let request = self.client().delete_schedule().group_name(self.connection.stack()).name(name(name_of));
        match request.send().await {
            Err(error) if !is_gone(code(&error)) => Err(SchedulerError(words(&error))),
            _ => Ok(()),
        }
    }
}

fn is_gone(code: Option<&str>) -> bool {
    code == Some("ResourceNotFoundException")
}

/// Rounded up: it may not fire early.
fn at(time: Timestamp) -> String {
    let whole = time.as_second() + i64::from(time.subsec_nanosecond() > 0);
    let time = Timestamp::from_second(whole).unwrap_or(time);
    format!("at({})", time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S"))
}

fn rate(every: Duration) -> Result<String, SchedulerError> {
    if every < SHORTEST {
        return Err(SchedulerError(format!("a rate of {every:?} is too short; one second is the shortest")));
    }
    Ok(match every.as_secs().div_ceil(60) {
        1 => "rate(1 minute)".into(),
        minutes => format!("rate({minutes} minutes)"),
    })
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
