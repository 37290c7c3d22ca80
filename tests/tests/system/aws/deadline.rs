use std::time::Duration;

use domain::Context;
use domain::jobs::Job;
use domain::operations::Next;
use domain::ports::QueueName;
use serde_json::json;
use system_tests::steward::{Steward, StewardOptions};

/// Lambda ends a function at its deadline, and has the whole batch delivered again.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_takes_too_long_is_the_only_one_of_its_batch_to_come_again() {
    let steward = Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let job = |operation: i64| json!({"job": "issue", "operation": operation}).to_string();
    let record = |id: &str, operation| json!({"messageId": id, "body": job(operation)});
    let batch = json!({"Records": [record("quick", 1), record("slow", 2), record("last", 3)]});
    let handle = async |_: &Context, job: &Job| {
        if matches!(job, Job::Issue { operation } if operation.0 == 2) {
            std::future::pending::<()>().await;
        }
        Ok(Next::Done)
    };
    let batch = serde_json::from_value(batch).unwrap();
    let answer = lambda::batch(&steward.ctx, QueueName::Issuer, &handle, &batch, Duration::from_millis(200)).await;
    let answer = serde_json::to_value(&answer).unwrap();
    assert_eq!(answer["batchItemFailures"], json!([{"itemIdentifier": "slow"}]));
}
