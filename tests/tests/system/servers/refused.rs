//! A server that knows the key and does not let Steward in says what else it wants.

use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::Sshd;
use system_tests::steward::{Client, Steward, StewardOptions, add_server, eventually};

async fn refused(admin: &Client, lines: &str) -> String {
    let sshd = Sshd::start_with(lines).await;
    let server = add_server(admin, &sshd, sshd.address(), "nginx").await;
    let started = admin.post(&format!("/api/servers/{server}/ssh/test"), json!({})).await.expect(202);
    let path = format!("/api/operations/{}", started["operation_id"]);
    let ended = || async {
        let shown: Value = admin.get(&path).await.ok();
        (shown["state"] == "succeeded" || shown["state"] == "failed").then_some(shown)
    };
    let ended = eventually("the end of a test", ended).await;
    assert_eq!(ended["state"], "failed", "{ended}\n{}", sshd.log());
    assert_eq!(admin.get(&format!("/api/servers/{server}")).await.ok()["status"], "login refused");
    ended["error"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_named() {
    need!("sshd", "ssh-keygen");
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    for (lines, factor) in [
        (
            "KbdInteractiveAuthentication yes\nAuthenticationMethods publickey,keyboard-interactive\n",
            "keyboard-interactive",
        ),
        ("PasswordAuthentication yes\nAuthenticationMethods publickey,password\n", "password"),
    ] {
        let error = refused(&admin, lines).await;
        let words = format!("accepts the key of {}, and wants {factor} as well", Sshd::user());
        assert!(error.contains(&words), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_known_and_not_enough_is_told_from_one_that_is_not_known() {
    need!("sshd", "ssh-keygen");
    if Sshd::user() != "root" {
        system_tests::peers::skip("only root is let in for forced commands only");
        return;
    }
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let error = refused(&admin, "PermitRootLogin forced-commands-only\n").await;
    assert!(error.contains("accepts the key of root") && error.contains("forced-commands-only"), "{error}");
    let error = refused(&admin, "AuthorizedKeysFile none\n").await;
    assert!(error.contains("add the public key"), "{error}");
}
