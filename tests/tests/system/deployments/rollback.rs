//! Runs that fail after the swap: what was there is put back, and verified by a TLS handshake.

use std::fs;
use std::time::{Duration, Instant};

use domain::alerts::{self, Kind, Level};
use domain::ids::UserId;
use domain::list::PageRequest;
use serde_json::{Value, json};
use system_tests::need;
use system_tests::steward::{SiteLab, eventually};

/// What the issue wants, and what this asserts: a machine that is busy with other things takes longer.
const AT_MOST: f64 = 10.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_fails_its_test() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let mut config = lab.config();
    let broken = lab.nginx.path("broken").display().to_string();
    fs::write(&broken, "").unwrap();
    config["test"] = json!(format!("{} && test ! -e {broken}", lab.nginx.test()));
    rolled_back(&lab, config, "test").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_fails() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let mut config = lab.config();
    config["reload"] = json!("echo the service is stuck >&2; exit 4");
    let run = rolled_back(&lab, config, "reload").await;
    assert!(run["error"].as_str().unwrap().contains("the service is stuck (status 4)"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_fails_after_it_has_taken_effect() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let mut config = lab.config();
    let once = lab.nginx.path("once").display().to_string();
    let reload = lab.nginx.reload();
    config["reload"] = json!(format!("{reload}; sleep 0.3; test -e {once} || {{ : >{once}; exit 1; }}"));
    rolled_back(&lab, config, "reload").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_says_yes_and_changes_nothing() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let mut config = lab.config();
    config["reload"] = json!("true");
    let run = rolled_back(&lab, config, "verify").await;
    assert!(run["error"].as_str().unwrap().contains("after the reload"), "{run}");
}

/// Deploys, with a visitor throughout; asserts that the step failed, and that all is as before.
async fn rolled_back(lab: &SiteLab, config: Value, step: &str) -> Value {
    let before = fs::read(lab.file("fullchain.pem")).unwrap();
    let deployment = lab.deployment(config).await;
    let visitor = lab.visitor();
    let began = Instant::now();
    let run = lab.run_through(deployment).await;
    let all = began.elapsed();
    assert_eq!(run["result"], "rolled_back", "{run}");
    assert!(run["error"].as_str().unwrap().ends_with("what was there before is served again"), "{run}");
    assert_eq!(lab.served().await, lab.old);
    assert_eq!(fs::read(lab.file("fullchain.pem")).unwrap(), before);
    assert!(lab.current().starts_with("versions/before-"), "{}", lab.current());

    let steps = run["steps"].as_array().unwrap();
    let failed = steps.iter().find(|s| s["state"] == "failed").unwrap();
    assert_eq!(failed["name"], step);
    let rollback = steps.last().unwrap();
    assert_eq!((&rollback["name"], &rollback["state"]), (&json!("rollback"), &json!("succeeded")));
    let detail = rollback["detail"].as_str().unwrap();
    let (_, seconds) = detail.split_once("again, ").unwrap();
    let seconds: f64 = seconds.split(' ').next().unwrap().parse().unwrap();
    assert!(seconds <= AT_MOST, "{detail}");
    let (answers, _) = visitor.all_good();
    println!("rolled back in {seconds} s (the run took {all:?}); {answers} visitors, all served well");

    let shown = lab.shown(deployment).await;
    assert_eq!(shown["status"], "rolled_back");
    assert_eq!(shown["error"], run["error"]);
    assert_eq!(alert(lab, Kind::DeployFailed).await, Level::Warning);
    run
}

/// The second place is not there: the run fails. The reload works once only: what is put back is not served.
#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_that_fails_says_what_stands_where() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let mut config = lab.config();
    let once = lab.nginx.path("once").display().to_string();
    config["reload"] = json!(format!("test ! -e {once} && : >{once} && {}", lab.nginx.reload()));
    config["addresses"] = json!(["127.0.0.1", "127.0.0.9"]);
    let deployment = lab.deployment(config).await;
    let visitor = lab.visitor();
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "rollback_failed", "{run}");
    let error = run["error"].as_str().unwrap();
    let port = lab.nginx.address().port();
    for words in [
        "Look at it now",
        &format!("{}/current -> versions/before-", lab.nginx.site().display()),
        &format!("127.0.0.1:{port} serves the certificate {}", &lab.new[..16]),
        &format!("127.0.0.9:{port} serves nothing"),
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
    assert_eq!(lab.shown(deployment).await["status"], "rollback_failed");
    // A valid certificate was served all the same, and is.
    assert_eq!(lab.served().await, lab.new);
    visitor.all_good();
    assert_eq!(alert(&lab, Kind::RollbackFailed).await, Level::Critical);
    // It is left for somebody to look at.
    lab.steward.clock.advance(Duration::from_secs(2 * 60 * 60));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(lab.runs(deployment).await.len(), 1);

    // Whoever has looked asks again, and all is well.
    let path = format!("/api/deployments/{deployment}");
    lab.admin.put(&path, json!({"config": lab.config()})).await.ok();
    assert_eq!(lab.run_through(deployment).await["result"], "deployed");
    assert_eq!(lab.shown(deployment).await["status"], "deployed");
}

/// The level of the alert of a kind.
async fn alert(lab: &SiteLab, kind: Kind) -> Level {
    let ctx = &lab.steward.ctx;
    let request = PageRequest::new(None, Some(50), None, "per_page").unwrap();
    let ask = || async {
        let listing = alerts::list(ctx.store.as_ref(), UserId(1), false, &request).await.unwrap();
        listing.rows.into_iter().find(|alert| alert.kind == kind).map(|alert| alert.level)
    };
    eventually(&format!("an alert {}", kind.as_str()), ask).await
}
