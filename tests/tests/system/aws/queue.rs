use std::sync::Arc;
use std::time::Duration;

use domain::conformance::queue;
use domain::ids::OperationId;
use domain::jobs::Job;
use domain::ports::{Queue, QueueName};
use system_tests::aws::Emulator;

use super::Real;

#[tokio::test(flavor = "multi_thread")]
async fn the_suite_passes() {
    let Some(emulator) = Emulator::start().await else { return };
    queue::all(emulator.aws().queue(), &Real).await;
}

/// Without its URL a queue is found by its name; one that is not there is named.
#[tokio::test]
async fn a_queue_is_found_by_its_name() {
    let Some(emulator) = Emulator::start().await else { return };
    let mut settings = emulator.settings();
    settings.queue_urls.clear();
    let queue = aws::Aws::new(settings.clone(), Arc::new(system::SystemEntropy)).unwrap().queue();
    let job = Job::Issue { operation: OperationId(1) };
    queue.send(QueueName::Auditor, &job, Duration::ZERO).await.unwrap();
    let delivery = queue.receive(QueueName::Auditor, 50, Duration::from_secs(30)).await.unwrap().pop().unwrap();
    assert_eq!(delivery.job, job);
    queue.delete(QueueName::Auditor, &delivery.receipt).await.unwrap();

    settings.stack = "steward-nowhere".into();
    let nowhere = aws::Aws::new(settings, Arc::new(system::SystemEntropy)).unwrap().queue();
    let error = nowhere.send(QueueName::Issuer, &job, Duration::ZERO).await.unwrap_err().to_string();
    assert!(error.contains("steward-nowhere-issuer"), "{error}");
}

/// SQS waits for fifteen minutes at most: a longer delay is cut, not refused.
#[tokio::test]
async fn a_long_delay_is_cut() {
    let Some(emulator) = Emulator::start().await else { return };
    let queue = emulator.aws().queue();
    queue.send(QueueName::Issuer, &Job::Sweep, Duration::from_secs(24 * 3600)).await.unwrap();
    assert!(queue.receive(QueueName::Issuer, 1, Duration::ZERO).await.unwrap().is_empty());
}

/// A message that no Steward sent is left to become a dead letter, and harms nobody.
#[tokio::test]
async fn what_is_no_job_is_passed_over() {
    let Some(emulator) = Emulator::start().await else { return };
    let url = &emulator.settings().queue_urls[&QueueName::Issuer];
    emulator.sqs().send_message().queue_url(url).message_body("{\"job\":\"of tomorrow\"}").send().await.unwrap();
    let queue = emulator.aws().queue();
    assert!(queue.receive(QueueName::Issuer, 10, Duration::from_secs(30)).await.unwrap().is_empty());
}
