//! `POST /api/servers/{id}/ssh/test`

use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::Sshd;
use system_tests::steward::{Client, Steward, StewardOptions, add_server, eventually};

async fn tested(admin: &Client, server: i64) -> Value {
    let started = admin.post(&format!("/api/servers/{server}/ssh/test"), json!({})).await.expect(202);
    let path = format!("/api/operations/{}", started["operation_id"]);
    let ended = || async {
        let shown = admin.get(&path).await.ok();
        (shown["state"] == "succeeded" || shown["state"] == "failed").then_some(shown)
    };
    eventually("the end of a test", ended).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_what_runs_there() {
    need!("sshd", "ssh-keygen", "nginx", "apache2");
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let mut sshd = Sshd::start().await;
    for (kind, version) in [("nginx", "nginx/"), ("apache", "Apache/")] {
        let server = add_server(&admin, &sshd, sshd.address(), kind).await;
        let ended = tested(&admin, server).await;
        assert_eq!(ended["state"], "succeeded", "{ended}");
        let shown = admin.get(&format!("/api/servers/{server}")).await.ok();
        assert_eq!(shown["status"], "normal");
        assert!(shown["version"].as_str().unwrap().starts_with(version), "{shown}");
        assert!(!shown["system"].as_str().unwrap().is_empty());
        assert_ne!(shown["last_update"], json!(null));
        if kind == "apache" {
            sshd.stop();
            let failed = tested(&admin, server).await;
            assert_eq!(failed["state"], "failed");
            assert_eq!(admin.get(&format!("/api/servers/{server}")).await.ok()["status"], "unreachable");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_greeting_is_not_the_operating_system() {
    need!("sshd", "ssh-keygen");
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let greets = "echo 'Welcome to web1'; echo 'mind the gap' >&2; exec sh -c \"$SSH_ORIGINAL_COMMAND\"";
    let sshd = Sshd::start_with_login(greets).await;
    let server = add_server(&admin, &sshd, sshd.address(), "other").await;
    assert_eq!(tested(&admin, server).await["state"], "succeeded");
    let system = admin.get(&format!("/api/servers/{server}")).await.ok()["system"].clone();
    assert!(!system.as_str().unwrap().is_empty() && system != "Welcome to web1", "{system}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_runs_something_else_than_a_shell_is_told_so() {
    need!("sshd", "ssh-keygen", "tcsh", "fish");
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let sshd = Sshd::start_with_login("").await;
    let server = add_server(&admin, &sshd, sshd.address(), "nginx").await;
    for (login, words) in [
        ("exec /bin/true", "a forced command answers in its place"),
        // A login file that starts another shell, which reads what was meant for the first.
        ("exec tcsh", "a forced command answers in its place"),
        ("exec fish", "a forced command answers in its place"),
        ("exec cat", "a forced command answers in its place"),
        ("echo \"$SSH_ORIGINAL_COMMAND\"; exec cat", "a forced command answers in its place"),
        ("exec /usr/sbin/nologin", "its login shell is nologin"),
        ("exec /usr/lib/openssh/sftp-server", "SFTP only"),
        ("echo 'bye'; exit 3", "exit status 3, saying \"bye\""),
    ] {
        sshd.log_in_by(login);
        let ended = tested(&admin, server).await;
        assert_eq!(ended["state"], "failed", "{login}: {ended}");
        let error = ended["error"].as_str().unwrap();
        assert!(error.contains(words), "{login}: {error}");
        let shown = admin.get(&format!("/api/servers/{server}")).await.ok();
        assert_eq!((&shown["status"], &shown["system"]), (&json!("login refused"), &json!("")), "{login}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_nobody_said_how_to_reach_is_not_tested() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let server = json!({"type": "nginx", "name": "web1", "ip_address": "192.0.2.10"});
    let id = admin.post("/api/servers", server).await.expect(201)["id"].as_i64().unwrap();
    let reply = admin.post(&format!("/api/servers/{id}/ssh/test"), json!({})).await.expect(409);
    assert!(reply["error"].as_str().unwrap().contains("has no SSH settings yet"), "{reply}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_inside_is_not_connected_to() {
    need!("sshd", "ssh-keygen");
    let steward = Steward::start(StewardOptions { public_only: true, ..StewardOptions::default() }).await;
    let admin = steward.admin().await;
    let sshd = Sshd::start().await;
    let server = add_server(&admin, &sshd, sshd.address(), "nginx").await;
    let ended = tested(&admin, server).await;
    assert_eq!(ended["state"], "failed");
    assert!(ended["error"].as_str().unwrap().contains("STEWARD_ALLOW_TARGETS"), "{ended}");
    // The one connection is the test's own, which waited for it to listen.
    assert_eq!(sshd.log().matches("Connection from").count(), 1, "{}", sshd.log());
}
