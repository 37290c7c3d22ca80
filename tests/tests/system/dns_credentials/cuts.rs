//! Zones that are cut out of the zone of a credential.

use domain::dns_records;
use domain::ids::{DnsCredentialId, OperationId, UserId};
use serde_json::json;
use system_tests::need;
use system_tests::peers::Bind;
use system_tests::steward::{Steward, StewardOptions};

use super::{KEY, Zones, ended};

const ABOVE: &str = "kube IN NS ns.kube\nns.kube IN A 127.0.0.1\n_acme-challenge.deep IN NS ns\n";

async fn start(options: StewardOptions) -> Zones {
    let zones = [
        ("lab.example", ABOVE, &["steward"][..]),
        ("kube.lab.example", "", &["steward"][..]),
        ("_acme-challenge.deep.lab.example", "", &["steward"][..]),
    ];
    let bind = Bind::writable(&zones, &[KEY]).await;
    let steward = Steward::start(StewardOptions { dns: Some(bind.dns_addr()), ..options }).await;
    Zones { bind, steward }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_goes_into_the_zone_that_holds_its_name() {
    need!("named");
    let lab = start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let anna = lab.steward.user("anna").await;
    let owner = UserId(anna.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap());
    let above = DnsCredentialId(lab.credential(&anna, &KEY, Some("lab.example")).await);
    let anywhere = DnsCredentialId(lab.credential(&anna, &KEY, None).await);
    for (holder, credential, host) in [
        (1, above, "_acme-challenge.www.lab.example"),
        (2, above, "_acme-challenge.www.kube.lab.example"),
        (3, above, "_acme-challenge.kube.lab.example"),
        (4, above, "_acme-challenge.deep.lab.example"),
        (5, anywhere, "_acme-challenge.x.kube.lab.example"),
    ] {
        let values = ["proof".to_owned()];
        dns_records::publish(&lab.steward.ctx, OperationId(holder), owner, credential, host, &values).await.unwrap();
        assert_eq!(lab.txt(host).await, values, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_challenge_can_be_a_zone() {
    need!("named");
    let lab = start(StewardOptions::default()).await;
    let anna = lab.steward.user("anna").await;
    let id = lab.credential(&anna, &KEY, Some("_acme-challenge.deep.lab.example")).await;
    let shown = anna.get(&format!("/api/dns-credentials/{id}")).await.ok();
    assert_eq!(shown["zone"], "_acme-challenge.deep.lab.example");
    let begun = anna.post(&format!("/api/dns-credentials/{id}/test"), json!({})).await.expect(202);
    let shown = ended(&anna, &begun["operation_id"]).await;
    assert_eq!(shown["state"], "succeeded", "{shown}");
}
