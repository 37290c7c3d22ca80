//! The directory on the server: what somebody else has there is left alone, and a dry run finds what a run would.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::Sshd;
use system_tests::steward::SiteLab;

/// Every file, directory and link below a directory, with what is in it.
fn tree(directory: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(directory) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        if meta.is_symlink() {
            found.push((path.clone(), fs::read_link(&path).unwrap().display().to_string()));
        } else if meta.is_dir() {
            found.push((path.clone(), String::new()));
            found.extend(tree(&path));
        } else {
            found.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// Both a dry run and a run fail by the same words, and leave the directory as it is.
async fn refused(lab: &SiteLab, directory: &Path, config: Value, words: &str) {
    let before = tree(directory);
    let deployment = lab.deployment_at(&directory.display().to_string(), config).await;
    let checked = lab.dry_run(deployment).await;
    let run = lab.run_through(deployment).await;
    for said in [&checked, &run] {
        assert_eq!(said["result"], "failed", "{words}: {said}");
        assert!(said["error"].as_str().unwrap().contains(words), "{words}: {said}");
    }
    assert_eq!(tree(directory), before, "{words}");
    lab.admin.delete(&format!("/api/deployments/{deployment}")).await.ok();
}

fn files() -> Value {
    json!({"kind": "files"})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_stewards_is_refused_by_name_and_left_alone() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let place = |name: &str| {
        let path = lab.nginx.path(name);
        fs::create_dir(&path).unwrap();
        path
    };
    // A release as deployment tools of applications make them.
    let releases = place("releases");
    fs::create_dir(releases.join("20240101")).unwrap();
    fs::write(releases.join("20240101/index.html"), "hello").unwrap();
    symlink("20240101", releases.join("current")).unwrap();
    refused(&lab, &releases, files(), "current is a link to 20240101, which is not Steward's").await;

    let versions = place("versions-of-another");
    fs::create_dir_all(versions.join("versions/v1.2")).unwrap();
    fs::write(versions.join("versions/v1.2/app"), "app").unwrap();
    refused(&lab, &versions, files(), "versions/v1.2 is not Steward's").await;
    symlink("versions/v1.2", versions.join("current")).unwrap();
    refused(&lab, &versions, files(), "current is a link to versions/v1.2, which is not Steward's").await;

    let directory = place("current-directory");
    fs::create_dir(directory.join("current")).unwrap();
    refused(&lab, &directory, files(), "current is not Steward's").await;
    let elsewhere = place("versions-elsewhere");
    symlink("/tmp", elsewhere.join("versions")).unwrap();
    refused(&lab, &elsewhere, files(), "versions is a link, which is not Steward's").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_puts_beside_stewards_versions_stays() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let deployment = lab.deployment(lab.config()).await;
    assert_eq!(lab.run_through(deployment).await["result"], "deployed");
    fs::create_dir(lab.file("versions/before the move")).unwrap();
    fs::write(lab.file("versions/before the move/privkey.pem.steward-new"), "mine").unwrap();
    fs::write(lab.file("versions/notes"), "mine").unwrap();
    for _ in 0..2 {
        lab.renew().await;
        assert_eq!(lab.run_through(deployment).await["result"], "deployed");
    }
    assert_eq!(fs::read_to_string(lab.file("versions/before the move/privkey.pem.steward-new")).unwrap(), "mine");
    assert_eq!(fs::read_to_string(lab.file("versions/notes")).unwrap(), "mine");
    assert_eq!(lab.versions().len(), 4, "{:?}", lab.versions());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_finds_whatever_a_run_would() {
    need!("sshd", "ssh-keygen", "nginx");
    let plain = "exec sh -c \"$SSH_ORIGINAL_COMMAND\"";
    let lab = SiteLab::reached_by(Sshd::start_with_login(plain).await).await;
    let made = |name: &str| {
        let path = lab.nginx.path(name);
        fs::create_dir(&path).unwrap();
        path
    };
    let dangling = lab.nginx.path("dangling");
    symlink("nowhere", &dangling).unwrap();
    refused(&lab, &dangling.join("tls"), files(), "dangling is a link to nowhere, which is not there").await;
    refused(&lab, &dangling, files(), "dangling is a link to nowhere, which is not there").await;

    let directory = made("directory");
    fs::create_dir(directory.join("fullchain.pem")).unwrap();
    refused(&lab, &directory, files(), "fullchain.pem is a directory").await;
    let link = made("link");
    symlink("/nowhere/privkey.pem", link.join("privkey.pem")).unwrap();
    refused(&lab, &link, files(), "privkey.pem is a link to /nowhere/privkey.pem, which is not there").await;
    let file = made("file");
    fs::write(file.join("versions"), "").unwrap();
    refused(&lab, &file, files(), "versions is no directory").await;

    let empty = made("empty");
    let no_snippets = json!({"kind": "nginx", "snippet_path": lab.nginx.path("none/site.conf")});
    refused(&lab, &empty, no_snippets, "none is not there; make it first").await;
    let is_directory = json!({"kind": "nginx", "snippet_path": lab.nginx.path("link")});
    refused(&lab, &empty, is_directory, "link is a directory").await;
    for command in ["test", "reload"] {
        let mut config = json!({"kind": "files"});
        config[command] = json!("no-such-program --now");
        refused(&lab, &empty, config, "no-such-program is not installed there").await;
    }
    let nobody = json!({"kind": "files", "owner": "nobody-of-that-name"});
    refused(&lab, &empty, nobody, "may not give").await;

    // A server without one of the programs, and one whose disk is full.
    let bin = made("bin");
    for program in fs::read_dir("/usr/bin").unwrap().map(|entry| entry.unwrap().path()) {
        if !program.ends_with("cmp") {
            symlink(&program, bin.join(program.file_name().unwrap())).unwrap();
        }
    }
    lab.sshd.log_in_by(&format!("PATH={} exec /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"", bin.display()));
    refused(&lab, &empty, files(), "cmp is not installed there").await;
    let full = made("full");
    fs::write(full.join("df"), "#!/bin/sh\necho Filesystem\necho /dev/sda1 1000 995 5 99% /\n").unwrap();
    fs::set_permissions(full.join("df"), fs::Permissions::from_mode(0o755)).unwrap();
    lab.sshd.log_in_by(&format!("PATH={}:$PATH exec /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"", full.display()));
    refused(&lab, &empty, files(), "there is no room in").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_finds_what_a_user_may_not_do() {
    need!("sshd", "ssh-keygen", "nginx", "setpriv");
    if Sshd::user() != "root" {
        system_tests::peers::skip("only root can log in as somebody else here");
        return;
    }
    let nobody = "exec setpriv --reuid=65534 --regid=65534 --clear-groups /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"";
    let lab = SiteLab::reached_by(Sshd::start_with_login(nobody).await).await;
    // Not below the peers' directories, which are their owner's alone.
    let above = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir().unwrap();
    let made = |name: &str, owner: Option<u32>| {
        let path = above.path().join(name);
        fs::create_dir(&path).unwrap();
        std::os::unix::fs::chown(&path, owner, None).unwrap();
        path
    };
    refused(&lab, &made("roots", None), files(), "may not write in").await;

    let secret = made("secret", Some(65534));
    fs::write(secret.join("privkey.pem"), "key").unwrap();
    fs::set_permissions(secret.join("privkey.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    refused(&lab, &secret, files(), "privkey.pem, which has to be kept").await;

    let mails = made("mails", Some(65534));
    fs::write(mails.join("privkey.pem"), "key").unwrap();
    std::os::unix::fs::chown(mails.join("privkey.pem"), Some(8), Some(65534)).unwrap();
    fs::set_permissions(mails.join("privkey.pem"), fs::Permissions::from_mode(0o640)).unwrap();
    refused(&lab, &mails, files(), "to the user 8").await;

    let below = made("below", Some(65534));
    fs::create_dir(below.join("versions")).unwrap();
    refused(&lab, &below, files(), "may not write in").await;
}
