//! The same with Apache.

use serde_json::json;
use system_tests::need;
use system_tests::peers::{Apache, Visitor};
use system_tests::steward::{SITE, SiteLab, fingerprint, served};

#[tokio::test(flavor = "multi_thread")]
async fn apache_serves_the_new_certificate_and_the_old_one_after_a_failure() {
    need!("sshd", "ssh-keygen", "nginx", "apache2");
    let lab = SiteLab::start().await;
    let (chain, key) = lab.authority.issue(&[SITE]);
    let apache = Apache::start(&chain, &key).await;
    let old = fingerprint(&chain);
    let config = |reload: &str| json!({"kind": "apache", "test": apache.test(), "reload": reload, "port": apache.address().port()});
    let deployment = lab.deployment_at(&apache.site().display().to_string(), config("echo no >&2; exit 1")).await;
    let visitor = Visitor::start(SITE, apache.address(), &lab.authority.root_pem());
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "rolled_back", "{run}");
    assert_eq!(served(&lab.steward, apache.address()).await, old);

    lab.admin.put(&format!("/api/deployments/{deployment}"), json!({"config": config(&apache.reload())})).await.ok();
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "deployed", "{run}");
    assert_eq!(served(&lab.steward, apache.address()).await, lab.new);
    let (answers, took) = visitor.all_good();
    println!("{answers} answers of Apache in {took:?}, none of them bad");
}
