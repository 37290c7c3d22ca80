//! What must not get to a server is refused before anything is touched there.

use std::fs;
use std::time::Duration;

use system_tests::need;
use system_tests::steward::{SITE, SiteLab};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_does_not_belong_to_the_certificate() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let deployment = lab.deployment(lab.config()).await;
    let (chain, _) = lab.authority.issue(&[SITE]);
    lab.steward.replace_issued(lab.certificate, &chain, None).await;
    let visitor = lab.visitor();
    refused(&lab, deployment, "does not belong to certificate").await;
    visitor.all_good();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_has_expired() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let id = lab.steward.plant_expired_certificate(1, SITE).await;
    let deployment = lab.deployment(lab.config()).await;
    let path = format!("/api/deployments/{deployment}");
    lab.admin.put(&path, serde_json::json!({"certificate_id": id})).await.ok();
    refused(&lab, deployment, "has expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_never_issued() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let id = lab.steward.plant_certificate(1, SITE).await;
    let deployment = lab.deployment(lab.config()).await;
    let path = format!("/api/deployments/{deployment}");
    lab.admin.put(&path, serde_json::json!({"certificate_id": id})).await.ok();
    refused(&lab, deployment, "is not issued yet").await;
}

async fn refused(lab: &SiteLab, deployment: i64, words: &str) {
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "failed", "{run}");
    let error = run["error"].as_str().unwrap();
    assert!(error.contains(words) && error.ends_with("nothing that is served was changed"), "{error}");
    let mut names: Vec<_> = fs::read_dir(lab.nginx.site()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["fullchain.pem", "privkey.pem"], "something was touched");
    assert_eq!(lab.served().await, lab.old);
    // It goes wrong until somebody changes something: it is not tried again.
    lab.steward.clock.advance(Duration::from_secs(2 * 60 * 60));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(lab.runs(deployment).await.len(), 1);
}
