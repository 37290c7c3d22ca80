//! Sites that Steward cannot see as their visitors do.

use std::fs;
use std::process::Command;

use domain::certificates::{Certificate, KeyType};
use domain::entity::{self, Stored};
use domain::ports::Key;
use serde_json::json;
use system_tests::need;
use system_tests::peers::{Authority, Nginx, Process};
use system_tests::steward::{SITE, SiteLab};

async fn behind_proxy() -> SiteLab {
    let authority = Authority::generate();
    let (chain, key) = authority.issue(&[SITE]);
    let nginx = Nginx::start_behind_proxy(&chain, &key).await;
    SiteLab::serving(authority, &chain, nginx).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_cannot_be_verified_is_said_to_be_so_and_not_rolled_back() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = behind_proxy().await;
    let deployment = lab.deployment(lab.config()).await;
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "deployed", "{run}");
    let verify = run["steps"][7]["detail"].as_str().unwrap();
    assert!(verify.starts_with("cannot be verified: ") && verify.contains("config.verify"), "{verify}");
    assert!(lab.current().starts_with("versions/"), "{}", lab.current());
    assert!(!lab.current().contains("before"), "{}", lab.current());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_compared_where_no_handshake_is_wanted() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = behind_proxy().await;
    let mut config = lab.config();
    config["verify"] = json!("files");
    let deployment = lab.deployment(config.clone()).await;
    assert_eq!(lab.shown(deployment).await["config"]["verify"], "files");
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "deployed", "{run}");
    assert_eq!(run["steps"][7]["detail"], "the new files are on the server; no handshake was asked for");

    // Files that somebody puts in the place of the links are not the new ones.
    lab.renew().await;
    let chain = lab.file("fullchain.pem").display().to_string();
    config["reload"] = json!(format!("rm -f {chain} && echo other >{chain}"));
    lab.admin.put(&format!("/api/deployments/{deployment}"), json!({"config": config})).await.ok();
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "rolled_back", "{run}");
    let error = run["error"].as_str().unwrap();
    assert!(error.contains("fullchain.pem is not the file of the new version"), "{error}");
    assert!(error.ends_with("what was there before is in its place again"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_finds_nothing_leaves_no_names_that_lead_nowhere() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let place = lab.nginx.path("empty");
    let config = json!({"kind": "files", "reload": "false"});
    let deployment = lab.deployment_at(&place.display().to_string(), config).await;
    assert_eq!(lab.run_through(deployment).await["result"], "rolled_back");
    for name in ["fullchain.pem", "privkey.pem", "current"] {
        assert!(fs::symlink_metadata(place.join(name)).is_err(), "{name} is there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wildcard_that_is_not_served_names_the_setting_for_names() {
    need!("sshd", "ssh-keygen", "nginx");
    let mut lab = SiteLab::start().await;
    let (chain, key) = lab.authority.issue(&["*.example.com"]);
    lab.certificate = lab.steward.plant_issued(1, "*.example.com", &chain, &key).await;
    let mut config = lab.config();
    config["reload"] = json!("true");
    let deployment = lab.deployment(config).await;
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "rolled_back", "{run}");
    let error = run["error"].as_str().unwrap();
    assert!(error.contains("www.example.com was asked for in place of *.example.com"), "{error}");
    assert!(error.contains("config.names"), "{error}");
}

/// A certificate with an RSA key, and the key.
fn rsa() -> (String, String) {
    let directory = Process::directory();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=www.example.com"])
        .args(["-addext", "subjectAltName=DNS:www.example.com", "-keyout", "key.pem", "-out", "chain.pem"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let read = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap();
    (read("chain.pem"), read("key.pem"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rsa_half_of_a_pair_is_asked_for_where_it_is_deployed() {
    need!("sshd", "ssh-keygen", "nginx", "openssl");
    let mut lab = SiteLab::start().await;
    let (chain, key) = rsa();
    let directory = Process::directory();
    let site = directory.path().join("rsa");
    fs::create_dir(&site).unwrap();
    fs::write(site.join("fullchain.pem"), &chain).unwrap();
    fs::write(site.join("privkey.pem"), &key).unwrap();
    let directives = [lab.nginx.site(), site.clone()]
        .map(|path| format!("ssl_certificate {0}/fullchain.pem; ssl_certificate_key {0}/privkey.pem;", path.display()));
    let pair = Nginx::start_with(directory, &directives.concat()).await;
    let (new, new_key) = rsa();
    lab.certificate = lab.steward.plant_issued(1, SITE, &new, &new_key).await;
    let store = lab.steward.ctx.store.as_ref();
    let mut row: Stored<Certificate> = entity::load(store, Key::of(lab.certificate)).await.unwrap();
    row.value.key_type = KeyType::Rsa2048;
    row.save(store).await.unwrap();

    let config = json!({"test": pair.test(), "reload": pair.reload(), "port": pair.address().port()});
    let deployment = lab.deployment_at(&site.display().to_string(), config).await;
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "deployed", "{run}");
    assert_eq!(run["steps"][7]["detail"], "the new certificate is served", "{run}");
}
