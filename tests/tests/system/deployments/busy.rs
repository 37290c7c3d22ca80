//! Several at once, and the same one twice.

use std::time::Duration;

use domain::ids::OperationId;
use domain::jobs::Job;
use domain::ports::QueueName;
use serde_json::json;
use system_tests::need;
use system_tests::steward::{SiteLab, Worker};

#[tokio::test(flavor = "multi_thread")]
async fn one_job_delivered_to_two_workers_at_once() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::idle().await;
    let deployment = lab.deployment(lab.config()).await;
    let visitor = lab.visitor();
    let ctx = &lab.steward.ctx;
    for _ in 0..3 {
        let operation = lab.run(deployment).await;
        let job = Job::Deploy { operation: OperationId(operation) };
        for _ in 0..3 {
            ctx.queue.send(QueueName::Deployer, &job, Duration::ZERO).await.unwrap();
        }
        let _workers = [Worker::of(ctx, QueueName::Deployer), Worker::of(ctx, QueueName::Deployer)];
        assert_eq!(lab.ended(operation).await["state"], "succeeded");
        assert_eq!(lab.served().await, lab.new);
    }
    assert_eq!(lab.runs(deployment).await.len(), 3);
    visitor.all_good();
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_one_server_go_one_after_another() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    // While one is at work a directory is there; another that came meanwhile would not be able to make it.
    let turn = lab.nginx.path("turn").display().to_string();
    let mut deployments = vec![];
    for n in 0..4 {
        let mut config = lab.config();
        config["test"] = json!(format!("mkdir {turn}"));
        config["reload"] = json!(format!("sleep 0.2; rmdir {turn}; {}", lab.nginx.reload()));
        let path = if n == 0 { lab.nginx.site() } else { lab.nginx.path(&format!("site{n}")) };
        if n > 0 {
            // Nothing serves these.
            config = json!({"kind": "files", "test": config["test"], "reload": config["reload"]});
        }
        deployments.push(lab.deployment_at(&path.display().to_string(), config).await);
    }
    let mut operations = vec![];
    for deployment in &deployments {
        operations.push(lab.run(*deployment).await);
    }
    for (deployment, operation) in deployments.into_iter().zip(operations) {
        lab.ended(operation).await;
        let run = lab.last_run_of(deployment, operation).await;
        assert_eq!(run["result"], "deployed", "{run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_at_work_is_left_alone() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let mut config = lab.config();
    config["test"] = json!("sleep 2");
    let deployment = lab.deployment(config).await;
    let operation = lab.run(deployment).await;
    let path = format!("/api/deployments/{deployment}");
    for reply in [
        lab.admin.post(&format!("{path}/run"), json!({})).await,
        lab.admin.put(&path, json!({"config": {}})).await,
        lab.admin.delete(&path).await,
    ] {
        let error = reply.expect(409)["error"].as_str().unwrap().to_owned();
        assert!(error.contains("is at work"), "{error}");
    }
    assert_eq!(lab.ended(operation).await["state"], "succeeded");
}
