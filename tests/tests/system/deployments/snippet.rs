//! The file with the directives, and a site that has no certificate of Steward's yet.

use std::fs;

use serde_json::json;
use system_tests::need;
use system_tests::peers::{Nginx, Process};
use system_tests::steward::{SITE, SiteLab, served};

/// A site whose certificate comes from an included file, which names other files until Steward writes it.
async fn site_with_snippet(lab: &SiteLab) -> (Nginx, String, String) {
    let (chain, key) = lab.authority.issue(&[SITE]);
    let directory = Process::directory();
    let path = directory.path().to_owned();
    fs::write(path.join("old.pem"), &chain).unwrap();
    fs::write(path.join("old.key"), &key).unwrap();
    let directives = format!("ssl_certificate {0}/old.pem;\nssl_certificate_key {0}/old.key;\n", path.display());
    fs::create_dir(path.join("snippets")).unwrap();
    fs::write(path.join("snippets/site.conf"), &directives).unwrap();
    let nginx = Nginx::start_with(directory, &format!("include {}/snippets/site.conf;", path.display())).await;
    (nginx, directives, system_tests::steward::fingerprint(&chain))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snippet_is_written_and_the_first_files_come_to_an_empty_place() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let (nginx, _, old) = site_with_snippet(&lab).await;
    let snippet = nginx.path("snippets/site.conf");
    let config = json!({
        "test": nginx.test(), "reload": nginx.reload(), "port": nginx.address().port(), "snippet_path": snippet,
    });
    let site = nginx.path("tls").display().to_string();
    let deployment = lab.deployment_at(&site, config).await;
    assert_eq!(served(&lab.steward, nginx.address()).await, old);
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "deployed", "{run}");
    assert_eq!(served(&lab.steward, nginx.address()).await, lab.new);
    let written = fs::read_to_string(&snippet).unwrap();
    assert!(written.contains(&format!("ssl_certificate {site}/fullchain.pem;")), "{written}");
    assert!(written.contains(&format!("ssl_certificate_key {site}/privkey.pem;")), "{written}");
    let beside: Vec<_> =
        fs::read_dir(nginx.path("snippets")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside, ["site.conf"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snippet_is_put_back_as_it_was() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let (nginx, directives, old) = site_with_snippet(&lab).await;
    let snippet = nginx.path("snippets/site.conf");
    let visitor = system_tests::peers::Visitor::start(SITE, nginx.address(), &lab.authority.root_pem());
    let config = json!({
        "test": nginx.test(), "reload": format!("{}; sleep 0.2; false", nginx.reload()),
        "port": nginx.address().port(), "snippet_path": snippet,
    });
    let deployment = lab.deployment_at(&nginx.path("tls").display().to_string(), config).await;
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "rolled_back", "{run}");
    assert_eq!(fs::read_to_string(&snippet).unwrap(), directives);
    assert_eq!(served(&lab.steward, nginx.address()).await, old);
    visitor.all_good();
}
