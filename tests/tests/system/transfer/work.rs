//! Work that waits moves too, and what nobody waits for any more does not.

use std::time::Duration;

use domain::ids::{AccountId, OperationId};
use domain::jobs::Job;
use domain::ports::QueueName;
use serde_json::json;
use steward::transfer::{export, import};
use system_tests::steward::empty_context;
use tempfile::TempDir;

use super::{exported_again, filled};

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_wait_move_too() {
    let (steward, _) = filled().await;
    let directory = TempDir::with_prefix("steward-test-").unwrap();
    let path = directory.path().join("export");
    let ctx = &steward.ctx;
    let job = Job::Issue { operation: OperationId(7) };
    ctx.queue.send(QueueName::Issuer, &job, Duration::ZERO).await.unwrap();
    let manifest = export(ctx, &path).await.unwrap();
    assert!(manifest.files["jobs"].count > 0);
    assert_eq!(exported_again(ctx, directory.path()).await, manifest, "an export changed what it read");
    let left = ctx.queue.receive(QueueName::Issuer, 10, Duration::from_secs(60)).await.unwrap();
    assert!(left.iter().any(|delivery| delivery.job == job && delivery.receives == 1), "{left:?}");
    let target = empty_context(&directory.path().join("target"));
    import(&target, &path, false).await.unwrap();
    let moved = target.queue.receive(QueueName::Issuer, 10, Duration::from_secs(60)).await.unwrap();
    assert!(moved.iter().any(|delivery| delivery.job == job), "{moved:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_stays_behind() {
    let (steward, _) = filled().await;
    let directory = TempDir::with_prefix("steward-test-").unwrap();
    let guess = json!({"username": "anna", "password": "a wrong password"});
    steward.client().post("/api/auth/login", guess).await.expect(401);
    let failures = async |name: &str| {
        export(&steward.ctx, &directory.path().join(name)).await.unwrap().files["login_failures"].count
    };
    assert_eq!(failures("now").await, 1);
    steward.clock.advance(Duration::from_secs(16 * 60));
    assert_eq!(failures("later").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_given_up_gets_another_chance() {
    let directory = TempDir::with_prefix("steward-test-").unwrap();
    let source = empty_context(&directory.path().join("source"));
    let job = Job::Reap { account: AccountId(7) };
    source.queue.send(QueueName::Issuer, &job, Duration::ZERO).await.unwrap();
    while source.queue.dead_letters(QueueName::Issuer, 1).await.unwrap().is_empty() {
        source.queue.receive(QueueName::Issuer, 1, Duration::ZERO).await.unwrap();
    }
    let path = directory.path().join("export");
    assert_eq!(export(&source, &path).await.unwrap().files["jobs"].count, 1);
    let target = empty_context(&directory.path().join("target"));
    import(&target, &path, false).await.unwrap();
    let moved = target.queue.receive(QueueName::Issuer, 10, Duration::from_secs(60)).await.unwrap();
    assert_eq!(moved.into_iter().map(|delivery| delivery.job).collect::<Vec<_>>(), [job]);
}
