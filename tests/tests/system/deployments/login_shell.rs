//! What a login shell prints is no answer, whichever shell it is; and what is no shell is told so.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::Sshd;
use system_tests::steward::SiteLab;

/// Login files of every shell here, each of which prints a line, and a login by one of them.
fn login(lab: &SiteLab, shell: &str) -> String {
    let home = lab.sshd.path("home");
    fs::create_dir_all(home.join(".config/fish")).unwrap();
    for file in [".bashrc", ".cshrc", ".tcshrc", ".config/fish/config.fish"] {
        fs::write(home.join(file), "echo Welcome to web1\n").unwrap();
    }
    format!(
        "export HOME={}; unset SHLVL XDG_CONFIG_HOME; echo versions/greeting; echo greeting >&2\n{shell} -c \
         \"$SSH_ORIGINAL_COMMAND\"\nstatus=$?; echo bye; exit $status\n",
        home.display()
    )
}

const SHELLS: [&str; 6] = ["bash", "dash", "csh", "tcsh", "fish", "busybox ash"];

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_well_by_every_login_shell_whatever_it_prints() {
    need!("sshd", "ssh-keygen", "nginx", "csh", "tcsh", "fish", "busybox");
    let lab = SiteLab::reached_by(Sshd::start_with_login("").await).await;
    let mut before = None;
    let deployment = lab.deployment(lab.config()).await;
    for shell in SHELLS {
        lab.sshd.log_in_by(&login(&lab, shell));
        let new = lab.renew().await;
        let checked = lab.dry_run(deployment).await;
        assert_eq!(checked["result"], "checked", "{shell}: {checked}");
        let run = lab.run_through(deployment).await;
        assert_eq!(run["result"], "deployed", "{shell}: {run}");
        assert_eq!(lab.served().await, new, "{shell}");
        // The one before is kept: it was known what that was.
        let kept = lab.versions();
        assert_eq!(kept.len(), 2, "{shell}: {kept:?}");
        if let Some(before) = before.replace(lab.current()) {
            assert!(kept.iter().any(|version| format!("versions/{version}") == before), "{shell}: {kept:?}");
        }
    }
    assert!(!Path::new("/.steward-fence").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_is_taken_back_by_every_login_shell_whatever_it_prints() {
    need!("sshd", "ssh-keygen", "nginx", "csh", "tcsh", "fish", "busybox");
    let lab = SiteLab::reached_by(Sshd::start_with_login("").await).await;
    let mut site = lab.config();
    site["reload"] = json!("echo the service is stuck >&2; exit 4");
    let mut files = json!({"kind": "files", "reload": "exit 4"});
    for shell in SHELLS {
        lab.sshd.log_in_by(&login(&lab, shell));
        for config in [&mut site, &mut files] {
            let directory = lab.nginx.path(&format!("site-{}-{}", shell.replace(' ', "-"), config["kind"] == "files"));
            fs::create_dir(&directory).unwrap();
            let read = |name: &str| fs::read_to_string(directory.join(name)).unwrap();
            let (chain, key) = lab.authority.issue(&["www.example.com"]);
            fs::write(directory.join("fullchain.pem"), &chain).unwrap();
            fs::write(directory.join("privkey.pem"), &key).unwrap();
            let deployment = lab.deployment_at(&directory.display().to_string(), config.clone()).await;
            let run = lab.run_through(deployment).await;
            assert_eq!(run["result"], "rolled_back", "{shell}: {run}");
            assert_eq!((read("fullchain.pem"), read("privkey.pem")), (chain, key), "{shell}: {run}");
            let error = run["error"].as_str().unwrap();
            assert!(!error.contains("greeting") && !error.contains("Welcome"), "{shell}: {error}");
            if config["kind"] == "files" {
                assert!(error.ends_with("what was there before is in its place again"), "{shell}: {error}");
            } else {
                assert!(error.contains("the service is stuck (status 4)"), "{shell}: {error}");
            }
            lab.admin.delete(&format!("/api/deployments/{deployment}")).await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_shell_gets_nothing_and_says_so() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::reached_by(Sshd::start_with_login("").await).await;
    let files = json!({"kind": "files"});
    let place = lab.nginx.path("elsewhere").join("tls");
    let deployment = lab.deployment_at(&place.display().to_string(), files).await;
    let says = |run: &Value, words: &str| run["error"].as_str().unwrap().contains(words);
    for (login, words) in [
        ("exec /bin/true", "a forced command answers in its place"),
        ("exec /usr/sbin/nologin", "nologin"),
        ("exec /usr/lib/openssh/sftp-server", "SFTP only"),
    ] {
        lab.sshd.log_in_by(login);
        let checked = lab.dry_run(deployment).await;
        assert!(checked["result"] == "failed" && says(&checked, words), "{login}: {checked}");
        let run = lab.run_through(deployment).await;
        assert!(run["result"] == "failed" && says(&run, words), "{login}: {run}");
        assert!(says(&run, "nothing that is served was changed"), "{login}: {run}");
        assert_eq!(lab.shown(deployment).await["status"], "failed");
        assert!(!place.exists());
    }
}
