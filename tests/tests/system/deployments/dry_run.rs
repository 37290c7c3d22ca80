//! A dry run looks, and changes nothing.

use std::fs;

use serde_json::json;
use system_tests::need;
use system_tests::steward::SiteLab;

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_be_done_and_changes_nothing() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let deployment = lab.deployment(lab.config()).await;
    let run = dry_run(&lab, deployment).await;
    assert_eq!(run["result"], "checked", "{run}");
    let found = run["steps"][2]["detail"].as_str().unwrap();
    for words in ["goes well", "serves the certificate", "would be run"] {
        assert!(found.contains(words), "{found}");
    }
    let mut names: Vec<_> = fs::read_dir(lab.nginx.site()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["fullchain.pem", "privkey.pem"]);
    assert_eq!(lab.served().await, lab.old);
    assert_eq!(lab.shown(deployment).await["status"], "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_finds_what_is_in_the_way() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    // A file where the directory is to be: not even root can do that.
    let file = lab.nginx.path("nginx.conf").display().to_string();
    let deployment = lab.deployment_at(&format!("{file}/site"), lab.config()).await;
    let run = dry_run(&lab, deployment).await;
    assert_eq!(run["result"], "failed");
    assert!(run["error"].as_str().unwrap().contains("is no directory"), "{run}");
    // Nobody tries a dry run again by themselves.
    assert_eq!(lab.runs(deployment).await.len(), 1);
}

async fn dry_run(lab: &SiteLab, deployment: i64) -> serde_json::Value {
    let path = format!("/api/deployments/{deployment}/run");
    let started = lab.admin.post(&path, json!({"dry_run": true})).await.expect(202);
    assert_eq!(started["dry_run"], true);
    let operation = started["operation_id"].as_i64().unwrap();
    lab.ended(operation).await;
    lab.last_run_of(deployment, operation).await
}
