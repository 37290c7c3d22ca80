//! A run that failed is tried again after 1, 10 and 100 minutes, then daily.

use std::time::Duration;

use serde_json::json;
use system_tests::need;
use system_tests::steward::{SiteLab, eventually};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_is_tried_again_and_again() {
    need!("sshd", "ssh-keygen", "nginx");
    let mut lab = SiteLab::start().await;
    let deployment = lab.deployment(with_test(&lab, "false")).await;
    assert_eq!(lab.run_through(deployment).await["result"], "rolled_back");
    for (attempt, minutes) in [(2, 1), (3, 10), (4, 100), (5, 24 * 60), (6, 24 * 60)] {
        let runs = lab.runs(deployment).await;
        assert_eq!(runs.len(), attempt, "{runs:?}");
        assert_eq!((&runs[0]["result"], &runs[0]["cause"]), (&json!("waiting"), &json!("retry")));
        // Not before its time.
        lab.steward.clock.advance(MINUTE * minutes - Duration::from_secs(30));
        // A session ends after a day.
        lab.admin = lab.steward.admin().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(lab.runs(deployment).await[0]["result"], "waiting");
        lab.steward.clock.advance(Duration::from_secs(31));
        let over = || async {
            (lab.runs(deployment).await.iter().any(|run| run["attempt"] == attempt && run["result"] == "rolled_back"))
                .then_some(())
        };
        eventually(&format!("try {attempt}"), over).await;
    }
    assert_eq!(lab.shown(deployment).await["status"], "rolled_back");
    // The certificate's own state knows nothing of it.
    let certificate = lab.admin.get(&format!("/api/certificates/{}", lab.certificate)).await.ok();
    assert_eq!((&certificate["status"], &certificate["error"]), (&json!("issued"), &json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_need_not_wait_for_the_next_try() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let deployment = lab.deployment(with_test(&lab, "false")).await;
    assert_eq!(lab.run_through(deployment).await["result"], "rolled_back");
    // What waits for its time is in nobody's way.
    lab.admin.put(&format!("/api/deployments/{deployment}"), json!({"config": lab.config()})).await.ok();
    assert_eq!(lab.run_through(deployment).await["result"], "deployed");
    let runs = lab.runs(deployment).await;
    let results: Vec<_> = runs.iter().map(|run| run["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["deployed", "superseded", "rolled_back"]);
    lab.steward.clock.advance(MINUTE * 3);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(lab.runs(deployment).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_waited_for_and_then_tried_again() {
    need!("sshd", "ssh-keygen", "nginx");
    let mut lab = SiteLab::start().await;
    let deployment = lab.deployment(lab.config()).await;
    lab.sshd.stop();
    let operation = lab.run(deployment).await;
    let waits = || async {
        let shown = lab.admin.get(&format!("/api/operations/{operation}")).await.ok();
        shown["steps"][0]["detail"].as_str().map(str::to_owned)
    };
    let detail = eventually("a detail", waits).await;
    assert!(detail.contains("cannot be connected to"), "{detail}");
    let status = || async {
        let server = lab.admin.get(&format!("/api/servers/{}", lab.server)).await.ok();
        (server["status"] == "unreachable").then_some(())
    };
    eventually("the server's status", status).await;
    lab.steward.clock.advance(MINUTE * 3);
    lab.ended(operation).await;
    let run = lab.last_run_of(deployment, operation).await;
    assert_eq!(run["result"], "failed", "{run}");
    assert_eq!(lab.runs(deployment).await[0]["result"], "waiting");
}

fn with_test(lab: &SiteLab, test: &str) -> serde_json::Value {
    let mut config = lab.config();
    config["test"] = json!(test);
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_takes_nothing_from_the_next_try() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let deployment = lab.deployment(with_test(&lab, "false")).await;
    assert_eq!(lab.run_through(deployment).await["result"], "rolled_back");
    let path = format!("/api/deployments/{deployment}/run");
    let looks = lab.admin.post(&path, json!({"dry_run": true})).await.expect(202);
    lab.ended(looks["operation_id"].as_i64().unwrap()).await;
    let words = async || -> Vec<String> {
        let runs = lab.runs(deployment).await;
        runs.iter().map(|run| run["result"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(words().await, ["checked", "waiting", "rolled_back"]);
    lab.steward.clock.advance(MINUTE + Duration::from_secs(1));
    let tried = async || words().await.iter().filter(|word| *word == "rolled_back").count().eq(&2).then_some(());
    eventually("the second try", tried).await;
    assert_eq!(lab.admin.get("/api/alerts?state=firing").await.ok()["total"], 1);
    lab.admin.delete(&format!("/api/deployments/{deployment}")).await.ok();
    assert_eq!(lab.admin.get("/api/alerts?state=firing").await.ok()["total"], 0, "of what is gone nothing stands");
}
