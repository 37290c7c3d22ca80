//! Zones that cannot be asked, at `POST /api/certificates/{id}/verify`.

use reqwest::Method;
use serde_json::json;
use system_tests::need;
use system_tests::peers::{Bind, Pebble, PebbleOptions, Port};
use system_tests::steward::{Steward, StewardOptions};

use super::sent;
use crate::api::nothing_written;

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_does_not_resolve() {
    need!("pebble", "pebble-challtestsrv", "named");
    let pebble = Pebble::start(PebbleOptions::default()).await;
    let mut bind = Bind::start(&[("lab.example", "www IN A 127.0.0.1")]).await;
    let steward = Steward::start(StewardOptions { dns: Some(bind.dns_addr()), ..Default::default() }).await;
    let admin = steward.admin().await;
    let provider = json!({"name": "pebble", "directoryUrl": pebble.directory_url(), "rootCaPem": pebble.root_pem()});
    admin.post("/api/v1/acme/providers/create", provider).await.ok();
    let order = async |name: &str| {
        let reply = admin.post("/api/certificates", json!({"domain": name, "issuer": "pebble"})).await.expect(201);
        format!("/api/certificates/{}", reply["id"])
    };

    // The name server asked refuses a zone that is not its own: no fault of the order, so a plain "not yet".
    let elsewhere = order("example.org").await;
    let server = bind.dns_addr().to_string();
    steward.store.take();
    let reply = admin.post(&format!("{elsewhere}/verify"), json!({})).await;
    nothing_written(&steward, "verify");
    let message = reply.json["message"].as_str().or(reply.json["error"].as_str()).unwrap_or_default().to_owned();
    assert!(!reply.status.is_server_error(), "{message}");
    assert!(message.contains("example.org") && message.contains(&server), "{message}");
    assert!(message.contains("REFUSED"), "{message}");

    // The zone is there, the name is not.
    let here = order("nothing.lab.example").await;
    let reply = admin.post(&format!("{here}/verify"), json!({})).await.expect(200);
    assert_eq!(reply["success"], false);
    let message = reply["message"].as_str().unwrap();
    assert!(message.contains("_acme-challenge.nothing.lab.example") && message.contains(&server), "{message}");

    // Nobody answers at all.
    bind.stop();
    steward.store.take();
    let reply = admin.post(&format!("{here}/verify"), json!({})).await.expect(200);
    assert_eq!(reply["success"], false);
    assert!(reply["message"].as_str().unwrap().contains(&server), "{reply}");
    nothing_written(&steward, "verify");

    let shown = admin.get(&here).await.ok();
    assert_eq!((&shown["status"], &shown["operation_id"]), (&json!("unissued"), &json!(null)));
}

/// Without `STEWARD_DNS` the zone's own name servers are looked for, through the system's resolver.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_nobody_is_no_zone() {
    let steward = Steward::start(StewardOptions { dns: Some(Port::claim().address()), ..Default::default() }).await;
    let admin = steward.admin().await;
    let message = sent(&steward, &admin, Method::POST, "/api/certificates/1/verify", Some("{}".into())).await;
    assert_eq!(message, "certificate not found");
}
