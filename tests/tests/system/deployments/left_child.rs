//! Commands that leave a child behind, and servers that take their time.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use system_tests::need;
use system_tests::peers::Sshd;
use system_tests::steward::SiteLab;

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_a_reload_leaves_behind_is_not_waited_for() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let mut config = lab.config();
    let child = lab.nginx.path("child");
    config["reload"] = json!(format!("{}; sleep 300 & echo $! >{}", lab.nginx.reload(), child.display()));
    let deployment = lab.deployment(config).await;
    let began = Instant::now();
    let run = lab.run_through(deployment).await;
    let took = began.elapsed();
    let ended = Command::new("kill").arg(fs::read_to_string(&child).unwrap().trim()).status().unwrap();
    assert!(ended.success(), "the child was not left alone");
    assert_eq!(run["result"], "deployed", "{run}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert_eq!(lab.served().await, lab.new);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_twelve_seconds_to_begin_is_waited_for() {
    need!("sshd", "ssh-keygen", "nginx");
    let slow = "sleep 12; exec sh -c \"$SSH_ORIGINAL_COMMAND\"";
    let lab = SiteLab::reached_by(Sshd::start_with_login(slow).await).await;
    let deployment = lab.deployment(lab.config()).await;
    let started = lab.admin.post(&format!("/api/deployments/{deployment}/run"), json!({"dry_run": true})).await;
    let operation = started.expect(202)["operation_id"].as_i64().unwrap();
    for _ in 0..180 {
        let shown = lab.admin.get(&format!("/api/operations/{operation}")).await.ok();
        if shown["state"] == "succeeded" {
            return;
        }
        assert_ne!(shown["state"], "failed", "{shown}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("no end in 90 s");
}
