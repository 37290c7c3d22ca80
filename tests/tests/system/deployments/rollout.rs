//! A renewed certificate goes to its servers by itself.

use domain::certificates::Certificate;
use domain::deployments;
use domain::entity::{self, Stored};
use domain::operations;
use domain::ports::Key;
use serde_json::json;
use system_tests::need;
use system_tests::peers::{Nginx, PebbleOptions, Process, Sshd};
use system_tests::steward::{Lab, SITE, SiteLab, add_server, eventually, served};

#[tokio::test(flavor = "multi_thread")]
async fn each_server_with_auto_deploy_gets_it_and_a_failing_one_stops_no_other() {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let good = lab.deployment(lab.config()).await;

    // Another server of the same certificate, whose reload fails.
    let (chain, key) = lab.authority.issue(&[SITE]);
    let (stuck, way) = (Nginx::start(&chain, &key).await, Sshd::start().await);
    let server = add_server(&lab.admin, &way, way.address(), "nginx").await;
    let failing = json!({
        "certificate_id": lab.certificate, "server_id": server, "deploy_path": stuck.site(),
        "config": {"test": stuck.test(), "reload": "false", "port": stuck.address().port()},
    });
    let failing = lab.admin.post("/api/deployments", failing).await.expect(201)["id"].as_i64().unwrap();

    // And one that somebody wants to deploy to by hand.
    let by_hand = json!({"type": "nginx", "name": "web3", "ip_address": "127.0.0.1"});
    let by_hand = lab.admin.post("/api/servers", by_hand).await.expect(201)["id"].as_i64().unwrap();
    let manual = json!({"certificate_id": lab.certificate, "server_id": by_hand, "deploy_path": "/var/tmp/by-hand"});
    let manual = lab.admin.post("/api/deployments", manual).await.expect(201)["id"].as_i64().unwrap();

    let renewed = lab.renew().await;
    let first = roll_out(&lab).await;
    assert_eq!(lab.ended(first).await["state"], "succeeded");
    for (deployment, status) in [(good, "deployed"), (failing, "rolled_back")] {
        let over = || async { (lab.shown(deployment).await["status"] == status).then_some(()) };
        eventually(status, over).await;
    }
    assert_eq!(lab.served().await, renewed);
    assert_eq!(served(&lab.steward, stuck.address()).await, system_tests::steward::fingerprint(&chain));
    assert_eq!(lab.runs(good).await[0]["cause"], "renewed");
    assert!(lab.runs(manual).await.is_empty());

    // The same rollout delivered again starts nothing.
    let ctx = &lab.steward.ctx;
    let again =
        deployments::start_each(ctx, domain::ids::OperationId(first), domain::ids::CertificateId(lab.certificate));
    assert_eq!(again.await.unwrap(), None);
    assert_eq!(lab.runs(good).await.len(), 1);
}

/// Commits the rollout of the certificate, as the issuer does with a renewed one; its operation.
async fn roll_out(lab: &SiteLab) -> i64 {
    let ctx = &lab.steward.ctx;
    let store = ctx.store.as_ref();
    let certificate: Stored<Certificate> = entity::load(store, Key::of(lab.certificate)).await.unwrap();
    let id = operations::next_id(store).await.unwrap();
    let operation = deployments::rollout(id, &certificate.value, ctx.clock.now());
    store.write(entity::insert(&operation).unwrap()).await.unwrap();
    operations::send(ctx.queue.as_ref(), &operation).await;
    id.0
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_not_issued_yet_goes_to_its_server_when_it_is() {
    need!("sshd", "ssh-keygen", "pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let ordered = lab.order(&["example.com"]).await;
    let (sshd, place) = (Sshd::start().await, Process::directory());
    let server = add_server(&lab.admin, &sshd, sshd.address(), "files").await;
    let path = place.path().join("example.com");
    let body = json!({"certificate_id": ordered["id"], "server_id": server, "deploy_path": path});
    lab.admin.post("/api/deployments", body).await.expect(201);
    lab.finish(&ordered).await;
    let there = || async { path.join("fullchain.pem").exists().then_some(()) };
    eventually("the files", there).await;
}
