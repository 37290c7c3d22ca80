//! Challenges answered in the operator's zone.

use domain::dns_records;
use domain::ids::{DnsCredentialId, OperationId, UserId};
use serde_json::json;
use system_tests::need;
use system_tests::peers::Bind;
use system_tests::steward::{Steward, StewardOptions};

use crate::dns_credentials::{KEY, Zones};

#[tokio::test(flavor = "multi_thread")]
async fn one_cname_answers_for_ever() {
    need!("named");
    let lab = Zones::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let (steward, admin) = (&lab.steward, lab.steward.admin().await);
    let anna = steward.user("anna").await;
    let none = anna.get("/api/delegation?domain=www.example.com").await.expect(200);
    assert_eq!((&none["zone"], &none["record"]), (&json!(null), &json!(null)));

    let id = lab.credential(&admin, &KEY, Some("lab.example")).await;
    let elsewhere = json!({"dns_credential_id": id, "zone": "acme.other.example"});
    admin.put("/api/delegation", elsewhere).await.expect(400);
    let zone = json!({"dns_credential_id": id, "zone": "acme.lab.example"});
    anna.put("/api/delegation", zone.clone()).await.expect(403);
    admin.put("/api/delegation", zone).await.expect(200);

    let shown = anna.get("/api/delegation?domain=*.www.Other.example").await.expect(200);
    assert_eq!(shown["present"], false, "{shown}");
    let record = &shown["record"];
    assert_eq!(record["host"], "_acme-challenge.www.other.example");
    let target = record["value"].as_str().unwrap().to_owned();
    assert!(target.ends_with(".acme.lab.example"), "{target}");
    let message = shown["message"].as_str().unwrap();
    assert!(message.contains(&format!("_acme-challenge.www.other.example CNAME {target}")), "{message}");
    // The same for ever, for the wildcard too, and another for each owner and name.
    let again = anna.get("/api/delegation?domain=www.other.example").await.expect(200);
    assert_eq!(again["record"], *record);
    let of_admin = admin.get("/api/delegation?domain=www.other.example").await.expect(200);
    assert_ne!(of_admin["record"]["value"], target);

    // A user's challenge is answered at their own target only, with or without their CNAME.
    let ctx = &steward.ctx;
    let owner = anna.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap();
    let (holder, values) = (OperationId(77), ["proof".to_owned()]);
    let host = "_acme-challenge.www.other.example";
    dns_records::publish(ctx, holder, UserId(owner), DnsCredentialId(id), host, &values).await.unwrap();
    assert_eq!(lab.txt(&target).await, values);
    assert_eq!(lab.txt(host).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cname_is_seen_when_it_is_there() {
    need!("named");
    let lab = Zones::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let admin = lab.steward.admin().await;
    let id = lab.credential(&admin, &KEY, Some("lab.example")).await;
    admin.put("/api/delegation", json!({"dns_credential_id": id, "zone": "acme.lab.example"})).await.expect(200);
    let shown = admin.get("/api/delegation?domain=www.other.example").await.expect(200);
    let target = shown["record"]["value"].as_str().unwrap().to_owned();

    // A name server that has it, and the same data.
    let cname =
        format!("_acme-challenge.www IN CNAME {target}.\n_acme-challenge.wrong IN CNAME somewhere.lab.example.");
    let bind = Bind::start(&[("other.example", &cname), ("lab.example", "")]).await;
    let data = lab.steward.data().to_owned();
    let Zones { steward, bind: _before } = lab;
    let directory = tempfile_kept(&data);
    steward.stop().await;
    let options = StewardOptions { dns: Some(bind.dns_addr()), data: Some(directory), ..StewardOptions::default() };
    let steward = Steward::start(options).await;
    let admin = steward.admin().await;
    let there = admin.get("/api/delegation?domain=www.other.example").await.expect(200);
    assert_eq!((&there["present"], &there["record"]["value"]), (&json!(true), &json!(target)), "{there}");
    let wrong = admin.get("/api/delegation?domain=wrong.other.example").await.expect(200);
    assert_eq!(wrong["present"], false);
    assert!(wrong["message"].as_str().unwrap().contains("now it is a CNAME to somewhere.lab.example"), "{wrong}");
    let check = async |domain: &str| {
        let body = json!({"domain": domain, "issuer": "letsencrypt", "challenge": "delegated"});
        let report = admin.post("/api/certificates/preflight", body).await.expect(200);
        let checks = report["checks"].as_array().unwrap().clone();
        checks.into_iter().find(|check| check["check"] == "challenge").unwrap()["state"].clone()
    };
    assert_eq!(check("www.other.example").await, "ok");
    assert_eq!(check("wrong.other.example").await, "failed");
    assert_eq!(check("none.other.example").await, "failed");
}

/// A copy of a data directory that outlives the Steward it is of.
fn tempfile_kept(data: &std::path::Path) -> std::path::PathBuf {
    let copy = system_tests::peers::Process::directory().keep().join("data");
    let status = std::process::Command::new("cp").arg("-r").arg(data).arg(&copy).status().unwrap();
    assert!(status.success());
    copy
}
