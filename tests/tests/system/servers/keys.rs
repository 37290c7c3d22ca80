//! `PUT /api/servers/{id}/ssh`: keys that Steward makes, and keys that are given.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{Process, Sshd, make_key};
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
async fn keys_of_every_kind_that_is_given_let_steward_in() {
    need!("sshd", "ssh-keygen", "openssl");
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let sshd = Sshd::start().await;
    let server = add_server(&admin, &sshd, sshd.address(), "nginx").await;
    let directory = Process::directory();
    for kind in ["ed25519", "ecdsa", "rsa"] {
        make_key(directory.path(), kind, kind);
    }
    // The same formats as other tools write them.
    let openssl = |arguments: &[&str], file: &str| {
        let out = directory.path().join(file);
        let (first, others) = arguments.split_first().unwrap();
        let made = Command::new("openssl").arg(first).arg("-out").arg(&out).args(others).output().unwrap();
        assert!(made.status.success(), "{made:?}");
    };
    openssl(&["genpkey", "-algorithm", "ed25519"], "pkcs8-ed25519");
    openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "pkcs8-rsa");
    openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout"], "sec1-ecdsa");
    openssl(&["genrsa", "-traditional", "2048"], "pkcs1-rsa");
    for file in ["ed25519", "ecdsa", "rsa", "pkcs8-ed25519", "pkcs8-rsa", "sec1-ecdsa", "pkcs1-rsa"] {
        let key = fs::read_to_string(directory.path().join(file)).unwrap();
        let reply = admin.put(&format!("/api/servers/{server}/ssh"), json!({"private_key": key})).await;
        assert_eq!(reply.status, 200, "{file}: {}", reply.json);
        let text = String::from_utf8(reply.bytes.clone()).unwrap();
        assert!(!text.contains("PRIVATE"), "{file}: the answer shows the key");
        let shown = reply.ok();
        let public = shown["ssh"]["public_key"].as_str().unwrap();
        assert!(public.ends_with(" steward"), "{file}: {public}");
        assert!(shown["ssh"]["fingerprint"].as_str().unwrap().starts_with("SHA256:"));
        sshd.authorize("");
        let refused = tested(&admin, server).await;
        assert_eq!(refused["state"], "failed", "{file}");
        assert!(refused["error"].as_str().unwrap().contains("authorized_keys"), "{refused}");
        sshd.authorize(public);
        let ended = tested(&admin, server).await;
        assert_eq!(ended["state"], "succeeded", "{file}: {ended}\n{}", sshd.log());
    }
    // Each replaced key has left the vault.
    let one = || async {
        let names = steward.ctx.vault.list(&format!("servers/{server}/")).await.unwrap();
        (names.len() == 1).then_some(())
    };
    eventually("one key in the vault", one).await;
    admin.delete(&format!("/api/servers/{server}")).await.ok();
    let none =
        || async { steward.ctx.vault.list(&format!("servers/{server}/")).await.unwrap().is_empty().then_some(()) };
    eventually("no key in the vault", none).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_cannot_be_used_are_refused_in_plain_words() {
    need!("ssh-keygen", "openssl");
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let server = json!({"type": "nginx", "name": "web1", "ip_address": "192.0.2.10"});
    let id = admin.post("/api/servers", server).await.expect(201)["id"].as_i64().unwrap();
    let directory = Process::directory();
    let path = |name: &str| directory.path().join(name);
    let run = |program: &str, arguments: &[&str], out: &str| {
        let made = Command::new(program).args(arguments).arg(path(out)).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        fs::read_to_string(path(out)).unwrap()
    };
    let encrypted = run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "secret words", "-f"], "encrypted");
    let pkcs8 = run("openssl", &["genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:x", "-out"], "pkcs8");
    let pkcs1 = run("openssl", &["genrsa", "-traditional", "-aes128", "-passout", "pass:xxxx", "-out"], "pkcs1");
    let short = run("ssh-keygen", &["-q", "-t", "rsa", "-b", "1024", "-N", "", "-f"], "short");
    for (key, words) in [
        (encrypted, "private_key: is encrypted"),
        (pkcs8, "private_key: is encrypted"),
        (pkcs1, "private_key: is encrypted"),
        (short, "private_key: is an RSA key of fewer than 2048 bits"),
        ("garbage".to_owned(), "private_key: must be a private key in PEM"),
        (String::new(), "private_key: must be a private key in PEM"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----".into(), "private_key: must be"),
    ] {
        let reply = admin.put(&format!("/api/servers/{id}/ssh"), json!({"private_key": key})).await.expect(400);
        let error = reply["error"].as_str().unwrap();
        assert!(error.starts_with(words), "{error}");
    }
    assert_eq!(admin.get(&format!("/api/servers/{id}")).await.ok()["ssh"], json!(null));
}
