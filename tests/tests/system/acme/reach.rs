use serde_json::json;
use system_tests::need;
use system_tests::peers::{Pebble, PebbleOptions};
use system_tests::steward::{Lab, Steward, StewardOptions};

use super::{accounts, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_is_down_is_said_in_plain_words_and_nothing_is_kept() {
    need!("pebble", "pebble-challtestsrv");
    let mut lab = Lab::start(PebbleOptions::default()).await;
    lab.pebble.stop();
    let body = json!({"providerName": "pebble", "email": "b@example.com"});
    let message = refusal(lab.admin.post("/api/v1/acme/account/create", body).await, 503, 5000);
    for part in ["localhost:", "cannot be reached", "try again"] {
        assert!(message.contains(part), "'{part}' is not in: {message}");
    }
    assert_eq!(accounts(&lab.admin, "").await["total"], 1);
    assert_eq!(lab.steward.ctx.vault.list("acme-accounts/").await.unwrap().len(), 1);

    let order = json!({"domain": "example.com", "issuer": "pebble"});
    let refused = lab.admin.post("/api/certificates", order).await.expect(503);
    assert!(refused["error"].as_str().unwrap().contains("cannot be reached"), "{refused}");
    assert_eq!(lab.admin.get("/api/certificates").await.ok()["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_at_a_private_address_needs_the_operators_leave() {
    need!("pebble", "pebble-challtestsrv");
    let pebble = Pebble::start(PebbleOptions::default()).await;
    let steward = Steward::start(StewardOptions { public_only: true, ..StewardOptions::default() }).await;
    let admin = steward.admin().await;
    let by_name = pebble.directory_url();
    for (name, url) in [("by-name", by_name.clone()), ("by-address", by_name.replace("localhost", "127.0.0.1"))] {
        let provider = json!({"name": name, "directoryUrl": url, "rootCaPem": pebble.root_pem()});
        admin.post("/api/v1/acme/providers/create", provider).await.ok();
        let body = json!({"providerName": name, "email": "a@example.com"});
        let message = refusal(admin.post("/api/v1/acme/account/create", body).await, 409, 3002);
        assert!(message.contains("STEWARD_ALLOW_TARGETS") && message.contains("127.0.0.1"), "{message}");
        assert!(!message.contains("the CA refused"), "nobody asked the CA: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_is_not_trusted_needs_its_root() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    let provider = json!({"name": "rootless", "directoryUrl": lab.pebble.directory_url()});
    lab.admin.post("/api/v1/acme/providers/create", provider).await.ok();
    let body = json!({"providerName": "rootless", "email": "a@example.com"});
    let message = refusal(lab.admin.post("/api/v1/acme/account/create", body).await, 409, 3002);
    assert!(message.contains("not trusted") && message.contains("rootCaPem"), "{message}");
    assert!(!message.contains("the CA refused"), "the CA was not asked: {message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_acme_server_is_said_so() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    let url = lab.pebble.directory_url().replace("/dir", "/nothing-here");
    let provider = json!({"name": "elsewhere", "directoryUrl": url, "rootCaPem": lab.pebble.root_pem()});
    lab.admin.post("/api/v1/acme/providers/create", provider).await.ok();
    let body = json!({"providerName": "elsewhere", "email": "a@example.com"});
    let message = refusal(lab.admin.post("/api/v1/acme/account/create", body).await, 409, 3002);
    assert!(message.contains("404"), "{message}");
}
