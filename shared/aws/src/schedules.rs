//! The schedules of a deployment as EventBridge has them: the group that is named after the stack.

use std::sync::Arc;

use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::types::{ActionAfterCompletion, FlexibleTimeWindow, Target};
use domain::ports::SchedulerError;

use crate::connection::Connection;
use crate::fault::{code, words};

/// A schedule as EventBridge has it.
pub(crate) struct Wanted {
    pub(crate) name: String,
    /// The port's name, where that of EventBridge is its hash.
    pub(crate) description: Option<String>,
    pub(crate) expression: String,
    pub(crate) window: FlexibleTimeWindow,
    pub(crate) target: Target,
}

/// The two requests differ in their types only.
macro_rules! wanted {
    ($request:expr, $group:expr, $wanted:expr) => {
        $request
            .group_name($group)
            .name(&$wanted.name)
            .set_description($wanted.description.clone())
            .schedule_expression(&$wanted.expression)
            .flexible_time_window($wanted.window.clone())
            .target($wanted.target.clone())
            .action_after_completion(ActionAfterCompletion::Delete)
    };
}

/// The group of the deployment.
#[derive(Debug)]
pub(crate) struct Group(Arc<Connection>);

impl Group {
    pub(crate) fn new(connection: Arc<Connection>) -> Self {
        Self(connection)
    }

    fn client(&self) -> &aws_sdk_scheduler::Client {
        self.0.scheduler()
    }

    /// Makes a schedule; `false` where one of the name is there.
    pub(crate) async fn create(&self, wanted: &Wanted) -> Result<bool, SchedulerError> {
        let request = wanted!(self.client().create_schedule(), self.0.stack(), wanted);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if code(&error) == Some("ConflictException") => Ok(false),
            Err(error) => Err(SchedulerError(words(&error))),
        }
    }

    /// Changes a schedule; `false` where it is gone.
    pub(crate) async fn replace(&self, wanted: &Wanted) -> Result<bool, SchedulerError> {
        let request = wanted!(self.client().update_schedule(), self.0.stack(), wanted);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_gone(code(&error)) => Ok(false),
            Err(error) => Err(SchedulerError(words(&error))),
        }
    }

    /// Whether this very schedule is there.
    pub(crate) async fn stands(&self, wanted: &Wanted) -> Result<bool, SchedulerError> {
        Ok(self.find(&wanted.name).await?.is_some_and(|found| {
            found.schedule_expression.as_deref() == Some(&wanted.expression)
                && found.target.is_some_and(|target| {
                    target.arn == wanted.target.arn
                        && target.role_arn == wanted.target.role_arn
                        && target.input == wanted.target.input
                })
        }))
    }

    /// The schedule of this name.
    pub(crate) async fn find(&self, name: &str) -> Result<Option<GetScheduleOutput>, SchedulerError> {
        let request = self.client().get_schedule().group_name(self.0.stack()).name(name);
        match request.send().await {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_gone(code(&error)) => Ok(None),
            Err(error) => Err(SchedulerError(words(&error))),
        }
    }

    /// The names of all schedules, as EventBridge has them.
    pub(crate) async fn names(&self) -> Result<Vec<String>, SchedulerError> {
        let (mut names, mut next) = (Vec::new(), None);
        loop {
            let request = self.client().list_schedules().group_name(self.0.stack()).set_next_token(next);
            let answer = request.send().await.map_err(|error| SchedulerError(words(&error)))?;
            names.extend(answer.schedules.into_iter().filter_map(|schedule| schedule.name));
            next = answer.next_token;
            if next.is_none() {
                return Ok(names);
            }
        }
    }

    /// Removes a schedule, if it is there.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), SchedulerError> {
        let request = self.client().delete_schedule().group_name(self.0.stack()).name(name);
        match request.send().await {
            Err(error) if !is_gone(code(&error)) => Err(SchedulerError(words(&error))),
            _ => Ok(()),
        }
    }
}

fn is_gone(code: Option<&str>) -> bool {
    code == Some("ResourceNotFoundException")
}
