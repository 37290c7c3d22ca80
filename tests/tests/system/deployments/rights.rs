//! Whose the files are, and who may read them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use serde_json::json;
use system_tests::need;
use system_tests::peers::Sshd;
use system_tests::steward::SiteLab;

/// Owner, group and mode of what a path leads to.
fn rights(path: &Path) -> (u32, u32, u32) {
    let meta = fs::metadata(path).unwrap();
    (meta.uid(), meta.gid(), meta.mode() & 0o777)
}

/// Debian's `mail`, and somebody else.
const MAIL: u32 = 8;
const NOBODY: u32 = 65534;

#[tokio::test(flavor = "multi_thread")]
async fn files_keep_owner_group_and_mode_of_those_they_replace() {
    need!("sshd", "ssh-keygen", "nginx");
    if Sshd::user() != "root" {
        system_tests::peers::skip("only root gives files away");
        return;
    }
    let lab = SiteLab::start().await;
    let (key, chain) = (lab.file("privkey.pem"), lab.file("fullchain.pem"));
    chown(&key, Some(0), Some(MAIL)).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    chown(&chain, Some(NOBODY), Some(MAIL)).unwrap();
    fs::set_permissions(&chain, fs::Permissions::from_mode(0o444)).unwrap();
    let deployment = lab.deployment(lab.config()).await;
    for _ in 0..2 {
        assert_eq!(lab.run_through(deployment).await["result"], "deployed");
        assert_eq!((rights(&key), rights(&chain)), ((0, MAIL, 0o640), (NOBODY, MAIL, 0o444)));
        lab.renew().await;
    }
    let mut config = lab.config();
    config["reload"] = json!("false");
    lab.admin.put(&format!("/api/deployments/{deployment}"), json!({"config": config})).await.ok();
    assert_eq!(lab.run_through(deployment).await["result"], "rolled_back");
    assert_eq!((rights(&key), rights(&chain)), ((0, MAIL, 0o640), (NOBODY, MAIL, 0o444)));

    let mut config = lab.config();
    (config["owner"], config["group"], config["mode"]) = (json!("nobody"), json!("0"), json!("0440"));
    let shown = lab.admin.put(&format!("/api/deployments/{deployment}"), json!({"config": config})).await.ok();
    assert_eq!(shown["config"]["mode"], "440");
    assert_eq!(lab.run_through(deployment).await["result"], "deployed");
    assert_eq!((rights(&key), rights(&chain)), ((NOBODY, 0, 0o440), (NOBODY, 0, 0o444)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snippet_keeps_its_mode() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let snippet = lab.nginx.path("site.conf");
    fs::write(&snippet, "# ours\n").unwrap();
    fs::set_permissions(&snippet, fs::Permissions::from_mode(0o640)).unwrap();
    let mut config = lab.config();
    config["snippet_path"] = json!(snippet);
    let deployment = lab.deployment(config).await;
    assert_eq!(lab.run_through(deployment).await["result"], "deployed");
    assert!(fs::read_to_string(&snippet).unwrap().contains("ssl_certificate"));
    assert_eq!(rights(&snippet).2, 0o640);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_directories_can_be_entered_and_a_new_key_is_its_owners() {
    need!("sshd", "ssh-keygen", "nginx");
    let strict = "umask 077; exec sh -c \"$SSH_ORIGINAL_COMMAND\"";
    let lab = SiteLab::reached_by(Sshd::start_with_login(strict).await).await;
    let above = lab.nginx.path("new");
    let directory = above.join("tls/www.example.com");
    let deployment = lab.deployment_at(&directory.display().to_string(), json!({"kind": "files"})).await;
    let run = lab.run_through(deployment).await;
    assert_eq!(run["result"], "deployed", "{run}");
    for path in [&above, &above.join("tls"), &directory, &directory.join("versions"), &directory.join("current/.")] {
        assert_eq!(rights(path).2, 0o755, "{}", path.display());
    }
    assert_eq!(rights(&directory.join("privkey.pem")).2, 0o600);
    assert_eq!(rights(&directory.join("fullchain.pem")).2, 0o644);
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_that_make_no_sense_are_refused() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    for (field, value, words) in [
        ("mode", "644", "others must not read"),
        ("mode", "9", "three octal digits"),
        ("mode", "700", "nobody runs a key"),
        ("owner", "a b", "name or the number"),
        ("group", "-x", "name or the number"),
        ("verify", "never", "must be handshake or files"),
    ] {
        let body = json!({
            "certificate_id": lab.certificate, "server_id": lab.server, "deploy_path": "/etc/ssl/x",
            "config": {field: value},
        });
        let error = lab.admin.post("/api/deployments", body).await.expect(400)["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(&format!("config.{field}: ")) && error.contains(words), "{error}");
    }
}
