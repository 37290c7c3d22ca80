//! `POST /api/deployments/{id}/run`, when all goes well.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use system_tests::need;
use system_tests::steward::{SITE, SiteLab, eventually, fingerprint};

#[tokio::test(flavor = "multi_thread")]
async fn the_new_certificate_is_served_and_the_one_before_is_kept() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let deployment = lab.deployment(lab.config()).await;
    assert_eq!(lab.shown(deployment).await["status"], "pending");
    assert_eq!(lab.served().await, lab.old);

    let visitor = lab.visitor();
    let run = lab.run_through(deployment).await;
    assert_eq!((run["result"].as_str(), run["error"].as_str()), (Some("deployed"), None), "{run}");
    assert_eq!(lab.served().await, lab.new);
    assert_eq!((run["fingerprint"].as_str(), run["replaced"].as_str()), (Some(&*lab.new), Some(&*lab.old)));
    assert!(run["took_ms"].as_i64().unwrap() > 0);
    let steps: Vec<_> =
        run["steps"].as_array().unwrap().iter().map(|s| (s["name"].as_str(), s["state"].as_str())).collect();
    let names = ["connect", "check", "upload", "backup", "swap", "test", "reload", "verify", "finish"];
    assert_eq!(steps, names.map(|name| (Some(name), Some("succeeded"))));

    let shown = lab.shown(deployment).await;
    assert_eq!(shown["status"], "deployed");
    assert_eq!(shown["fingerprint"], lab.new);
    assert_ne!(shown["last_deployed"], Value::Null);
    assert_eq!(shown["run_id"], Value::Null);

    // What somebody else had put there is a version now, and its names are links.
    let first = lab.versions();
    assert_eq!(first.len(), 2, "{first:?}");
    assert!(first.iter().any(|version| version.starts_with("before-")), "{first:?}");
    for file in ["fullchain.pem", "privkey.pem"] {
        assert_eq!(fs::read_link(lab.file(file)).unwrap().display().to_string(), format!("current/{file}"));
    }
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(lab.file("privkey.pem")), 0o600);

    let third = lab.renew().await;
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "deployed", "{run}");
    assert_eq!(lab.served().await, third);
    assert_eq!(run["replaced"], lab.new);
    // The one before stays as the backup, the one before that goes.
    let second = lab.versions();
    assert_eq!(second.len(), 2, "{second:?}");
    assert!(!second.iter().any(|version| version.starts_with("before-")), "{second:?}");
    for version in second {
        assert_eq!(mode(lab.file(&format!("versions/{version}/privkey.pem"))), 0o600);
    }
    let (answers, took) = visitor.all_good();
    println!("{answers} answers in {took:?} while two certificates were deployed, none of them bad");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_certificate_again_changes_nothing_that_is_served() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let deployment = lab.deployment(lab.config()).await;
    for _ in 0..2 {
        assert_eq!(lab.run_through(deployment).await["result"], "deployed");
        assert_eq!(lab.served().await, lab.new);
    }
    assert_eq!(lab.runs(deployment).await.len(), 2);
    assert_eq!(lab.shown(deployment).await["status"], "deployed");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_and_name_of_the_site_is_looked_at() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let mut config = lab.config();
    config["addresses"] = json!(["127.0.0.1"]);
    config["names"] = json!(["www.example.com", "example.com"]);
    let deployment = lab.deployment(config).await;
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "deployed", "{run}");
    let verify = &run["steps"][7];
    assert_eq!(verify["detail"], "the new certificate is served at all 2 places", "{verify}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_somebody_put_over_the_links_are_what_a_rollback_goes_back_to() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let deployment = lab.deployment(lab.config()).await;
    assert_eq!(lab.run_through(deployment).await["result"], "deployed");
    let (chain, key) = lab.authority.issue(&[SITE]);
    for (file, text) in [("fullchain.pem", &chain), ("privkey.pem", &key)] {
        fs::remove_file(lab.file(file)).unwrap();
        fs::write(lab.file(file), text).unwrap();
    }
    lab.renew().await;
    let mut config = lab.config();
    config["test"] = json!("false");
    lab.admin.put(&format!("/api/deployments/{deployment}"), json!({"config": config})).await.ok();
    assert_eq!(lab.run_through(deployment).await["result"], "rolled_back");
    assert_eq!(fs::read_to_string(lab.file("fullchain.pem")).unwrap(), chain);
    assert_eq!(fs::read_to_string(lab.file("privkey.pem")).unwrap(), key);
    let served = async || (lab.served().await == fingerprint(&chain)).then_some(());
    eventually("the certificate of those files", served).await;
}
