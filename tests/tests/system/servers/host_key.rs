//! The host key is pinned at the first contact, and refused when it changes, until an administrator accepts it.

use domain::alerts::{self, Kind, Level};
use domain::ids::UserId;
use domain::list::PageRequest;
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{Process, Sshd, make_key};
use system_tests::steward::{Client, Steward, StewardOptions, add_server, eventually};

async fn tested(client: &Client, server: i64) -> Value {
    let started = client.post(&format!("/api/servers/{server}/ssh/test"), json!({})).await.expect(202);
    let path = format!("/api/operations/{}", started["operation_id"]);
    let ended = || async {
        let shown = client.get(&path).await.ok();
        (shown["state"] == "succeeded" || shown["state"] == "failed").then_some(shown)
    };
    eventually("the end of a test", ended).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_key_stays_pinned_while_the_server_is_said_to_be_elsewhere() {
    need!("sshd", "ssh-keygen");
    let steward = Steward::start(StewardOptions::default()).await;
    let user = steward.user("anna").await;
    let (sshd, other) = (Sshd::start().await, Sshd::start().await);
    let server = add_server(&user, &sshd, sshd.address(), "nginx").await;
    let path = format!("/api/servers/{server}");
    assert_eq!(tested(&user, server).await["state"], "succeeded");
    let pinned = sshd.fingerprint();

    let shown = user.put(&format!("{path}/ssh"), json!({"port": other.address().port()})).await.ok();
    assert_eq!(shown["ssh"]["host_key"], json!(null));
    other.authorize(shown["ssh"]["public_key"].as_str().unwrap());
    assert_eq!(tested(&user, server).await["state"], "succeeded");
    assert_eq!(user.get(&path).await.ok()["ssh"]["host_key"], json!(other.fingerprint()));
    let key = {
        let directory = Process::directory();
        make_key(directory.path(), "key", "ed25519");
        std::fs::read_to_string(directory.path().join("key")).unwrap()
    };
    let back = json!({"port": sshd.address().port(), "private_key": key});
    let shown = user.put(&format!("{path}/ssh"), back).await.ok();
    assert_eq!(shown["ssh"]["host_key"], json!(pinned));

    let sshd = sshd.set_up_anew().await;
    let refused = tested(&user, server).await;
    let error = refused["error"].as_str().unwrap();
    assert!(error.contains(&pinned) && error.contains(&sshd.fingerprint()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_host_key_is_refused_before_anything_is_sent() {
    need!("sshd", "ssh-keygen");
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, user) = (steward.admin().await, steward.user("anna").await);
    let sshd = Sshd::start().await;
    let server = add_server(&user, &sshd, sshd.address(), "nginx").await;
    let path = format!("/api/servers/{server}");
    let shown = user.get(&path).await.ok();
    assert_eq!((&shown["ssh"]["host_key"], &shown["status"]), (&json!(null), &json!("unknown")));

    assert_eq!(tested(&user, server).await["state"], "succeeded");
    let pinned = sshd.fingerprint();
    let shown = user.get(&path).await.ok();
    assert_eq!((&shown["ssh"]["host_key"], &shown["status"]), (&json!(pinned), &json!("normal")));

    let sshd = sshd.set_up_anew().await;
    let new = sshd.fingerprint();
    assert_ne!(new, pinned);
    let refused = tested(&user, server).await;
    assert_eq!(refused["state"], "failed");
    let error = refused["error"].as_str().unwrap();
    assert!(error.contains(&pinned) && error.contains(&new), "{error}");
    let log = sshd.log();
    assert!(!log.contains("Accepted") && !log.contains("Failed publickey"), "it tried to log in:\n{log}");
    let shown = user.get(&path).await.ok();
    assert_eq!(shown["status"], "host key changed");
    assert_eq!((&shown["ssh"]["host_key"], &shown["ssh"]["refused_host_key"]), (&json!(pinned), &json!(new)));
    let owner = user.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap();
    let ctx = &steward.ctx;
    let request = PageRequest::new(None, None, None, "per_page").unwrap();
    let told = alerts::list(ctx.store.as_ref(), UserId(owner), false, &request).await.unwrap().rows;
    assert!(told.iter().any(|alert| alert.kind == Kind::HostKeyChanged && alert.level == Level::Critical));

    // Its owner is not the one to accept it, nor do they get round it by another port.
    let accept = format!("{path}/ssh/host-key");
    user.post(&accept, json!({"fingerprint": new})).await.expect(403);
    user.put(&format!("{path}/ssh"), json!({"port": 22})).await.expect(409);
    // And it must be the very key.
    admin.post(&accept, json!({"fingerprint": pinned})).await.expect(400);
    let accepted = admin.post(&accept, json!({"fingerprint": new})).await.ok();
    assert_eq!((&accepted["ssh"]["host_key"], &accepted["ssh"]["refused_host_key"]), (&json!(new), &json!(null)));
    assert_eq!(tested(&user, server).await["state"], "succeeded");
    assert_eq!(user.get(&path).await.ok()["status"], "normal");
    admin.post(&accept, json!({"fingerprint": new})).await.expect(409);
    let audited = || async {
        let trail = admin.get("/api/audit").await.ok();
        trail.to_string().contains("server.host_key.accept").then_some(())
    };
    eventually("the acceptance in the audit trail", audited).await;
}
