use std::sync::Arc;
use std::time::Duration;

use domain::conformance::scheduler;
use domain::jobs::Job;
use domain::ports::{Clock, Queue, QueueName, Schedule, ScheduleName, Scheduler, When};
use jiff::SignedDuration;
use system::{SystemClock, SystemEntropy};
use system_tests::aws::{Calls, Emulator};

use super::Real;

#[tokio::test(flavor = "multi_thread")]
async fn the_suite_of_one_offs_passes() {
    let Some(emulator) = Emulator::start().await else { return };
    let aws = emulator.aws();
    scheduler::one_offs(aws.scheduler().as_ref(), aws.queue().as_ref(), &Real).await;
}

/// The shortest rate of EventBridge.
const RATE: Duration = Duration::from_secs(60);

// Each takes minutes: see .config/nextest.toml.
#[tokio::test(flavor = "multi_thread")]
async fn slow_a_rate_goes_on() {
    let Some(emulator) = Emulator::start().await else { return };
    let aws = emulator.aws();
    scheduler::rate_goes_on(aws.scheduler().as_ref(), aws.queue().as_ref(), &Real, RATE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_the_same_rate_goes_on() {
    let Some(emulator) = Emulator::start().await else { return };
    let aws = emulator.aws();
    scheduler::same_rate_goes_on(aws.scheduler().as_ref(), aws.queue().as_ref(), &Real, RATE).await;
}

fn schedule(name: &str, when: When) -> Schedule {
    Schedule { name: ScheduleName(name.into()), when, queue: QueueName::Issuer, job: Job::Sweep }
}

/// As EventBridge is told: whole seconds and minutes rounded up, deleted when done, and a name it can take.
#[tokio::test]
async fn what_eventbridge_is_told() {
    let Some(emulator) = Emulator::start().await else { return };
    let (settings, client) = (emulator.settings(), emulator.scheduler());
    let scheduler = emulator.aws().scheduler();
    let read = async |name: &str| client.get_schedule().group_name(&settings.stack).name(name).send().await;

    let at = "2040-02-03T04:05:06.001Z".parse().unwrap();
    scheduler.set(schedule("one-off", When::At(at))).await.unwrap();
    let told = read("one-off").await.unwrap();
    assert_eq!(told.schedule_expression.as_deref(), Some("at(2040-02-03T04:05:07)"));
    assert_eq!(told.action_after_completion.unwrap().as_str(), "DELETE");
    let target = told.target.unwrap();
    assert!(target.arn.starts_with("arn:aws:sqs:") && target.arn.ends_with(&format!(":{}-issuer", settings.stack)));
    assert_eq!(target.input.as_deref(), Some(r#"{"job":"sweep"}"#));

    for (every, expression) in [(1, "rate(1 minute)"), (60, "rate(1 minute)"), (61, "rate(2 minutes)")] {
        scheduler.set(schedule("rate", When::Every(Duration::from_secs(every)))).await.unwrap();
        assert_eq!(read("rate").await.unwrap().schedule_expression.as_deref(), Some(expression));
    }
    let strange = schedule("certificates/1 renewal, grüße", When::At(at));
    scheduler.set(strange.clone()).await.unwrap();
    assert_eq!(client.list_schedules().group_name(&settings.stack).send().await.unwrap().schedules.len(), 3);
    for name in [strange.name, ScheduleName("rate".into()), ScheduleName("one-off".into())] {
        scheduler.cancel(&name).await.unwrap();
    }
    assert_eq!(client.list_schedules().group_name(&settings.stack).send().await.unwrap().schedules.len(), 0);
}

/// Setting what is set already changes nothing, so that a rate does not start over; what is past goes straight to
/// the queue.
#[tokio::test]
async fn the_calls_of_a_schedule() {
    let Some(emulator) = Emulator::start().await else { return };
    let calls = Arc::new(Calls::default());
    let aws = emulator.aws().observed(Arc::clone(&calls) as _);
    let rate = schedule("rate", When::Every(Duration::from_secs(3600)));
    aws.scheduler().set(rate.clone()).await.unwrap();
    assert_eq!(calls.take(), ["scheduler CreateSchedule"]);
    aws.scheduler().set(rate).await.unwrap();
    assert_eq!(calls.take(), ["scheduler CreateSchedule", "scheduler GetSchedule"]);
    let past = When::At(SystemClock.now() - SignedDuration::from_hours(1));
    aws.scheduler().set(schedule("rate", past)).await.unwrap();
    assert_eq!(calls.take(), ["scheduler DeleteSchedule", "sqs SendMessage"]);
    assert_eq!(aws.queue().receive(QueueName::Issuer, 1, Duration::ZERO).await.unwrap()[0].job, Job::Sweep);
}

#[tokio::test]
async fn a_role_that_is_missing_or_none_is_said() {
    let Some(emulator) = Emulator::start().await else { return };
    for role in [None, Some("arn:aws:s3:::bucket".to_owned()), Some("scheduler".to_owned())] {
        let settings = aws::Settings { scheduler_role: role, ..emulator.settings() };
        let scheduler = aws::Aws::new(settings, Arc::new(SystemEntropy)).unwrap().scheduler();
        let error = scheduler.set(schedule("rate", When::Every(Duration::from_secs(60)))).await.unwrap_err();
        assert!(error.to_string().contains("STEWARD_SCHEDULER_ROLE"), "{error}");
    }
}
