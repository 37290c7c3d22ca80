//! Certificates that nobody has to do anything for, from the order to the second renewal.

use std::time::Duration;

use domain::delegation::Delegation;
use domain::ids::{DnsCredentialId, UserId};
use domain::operations::OPERATIONS;
use domain::ports::Query;
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{Bind, Pebble, PebbleOptions, Port, TsigKey};
use system_tests::steward::{Lab, StewardOptions, eventually};

const KEY: TsigKey =
    TsigKey { name: "steward", algorithm: "hmac-sha256", secret: "VGhpcyBpcyB0aGUga2V5IG9mIHRoZSB6b25lIQ==" };
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A Pebble and a Steward that ask a name server which lets Steward write.
struct Zone {
    bind: Bind,
    lab: Lab,
    credential: i64,
}

impl Zone {
    async fn start(zones: &[(&str, &str, &[&str])]) -> Self {
        let bind = Bind::writable(zones, &[KEY]).await;
        let dns = Some(bind.dns_addr());
        let pebble = Pebble::start(PebbleOptions { dns, ..PebbleOptions::default() }).await;
        let directory = pebble.directory_url();
        let lab = Lab::beside(pebble, &directory, StewardOptions { dns, ..StewardOptions::default() }).await;
        let fields = json!({
            "server": bind.dns_addr().to_string(), "key_name": KEY.name, "key": KEY.secret, "algorithm": KEY.algorithm,
        });
        let body = json!({"name": "bind", "provider": "rfc2136", "fields": fields});
        let credential = lab.admin.post("/api/dns-credentials", body).await.expect(201)["id"].as_i64().unwrap();
        Self { bind, lab, credential }
    }

    async fn txt(&self, host: &str) -> Vec<String> {
        let answers = self.lab.steward.ctx.dns.txt(host).await.unwrap();
        answers.into_iter().flat_map(|answer| answer.values.unwrap_or_default()).collect()
    }
}

async fn issued(lab: &Lab, order: Value) -> Value {
    let ordered = lab.order_with(order).await;
    let ended = lab.ended(ordered["operation_id"].as_i64().unwrap()).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    lab.admin.get(&format!("/api/certificates/{}", ordered["id"])).await.ok()
}

async fn renewed(lab: &Lab, id: &Value, version: u32) -> Value {
    // The hours that pass are nobody's at work: a lease would be over, and its holder not.
    let store = &lab.steward.ctx.store;
    let idle = async || {
        let mut open = Query::of(&OPERATIONS, "open");
        open.index = Some("by_open");
        store.query(open).await.unwrap().items.is_empty().then_some(())
    };
    eventually("the end of all that is at work", idle).await;
    lab.steward.clock.advance(2 * HOUR);
    let path = format!("/api/certificates/{id}");
    lab.admin.post(&format!("{path}/renew"), json!({})).await.expect(202);
    let done = async || Some(lab.admin.get(&path).await.ok()).filter(|shown| shown["version"] == version);
    eventually("a renewal", done).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_credential_the_records_are_made_and_removed() {
    need!("pebble", "named");
    let zone = Zone::start(&[("lab.example", "kept IN TXT \"of somebody else\"\n", &["steward"])]).await;
    let order = json!({
        "domain": "lab.example", "alt_domains": ["*.lab.example", "www.lab.example"], "issuer": "pebble",
        "challenge": "dns", "dns_credential_id": zone.credential,
    });
    let first = issued(&zone.lab, order).await;
    assert_eq!((&first["status"], &first["challenge"]), (&json!("issued"), &json!("dns")));
    let gone = async || zone.txt("_acme-challenge.lab.example").await.is_empty().then_some(());
    eventually("the records to be gone", gone).await;
    assert_eq!(zone.txt("kept.lab.example").await, ["of somebody else"]);

    let refused = zone.lab.admin.delete(&format!("/api/dns-credentials/{}", zone.credential)).await.expect(409);
    assert!(refused["error"].as_str().unwrap().contains("use"), "{refused}");
    let second = renewed(&zone.lab, &first["id"], 1).await;
    let third = renewed(&zone.lab, &first["id"], 2).await;
    assert!(first["serial"] != second["serial"] && second["serial"] != third["serial"]);
    eventually("the records to be gone again", gone).await;
    let keys = async || {
        let names = zone.lab.steward.ctx.vault.list("certificates/").await.unwrap();
        (names.len() == 2).then_some(())
    };
    eventually("the oldest key to be gone", keys).await;
    zone.lab.admin.delete(&format!("/api/certificates/{}", first["id"])).await.ok();
    zone.lab.admin.delete(&format!("/api/dns-credentials/{}", zone.credential)).await.ok();
    drop(zone.bind);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_cname_the_operators_zone_answers_for_ever_after() {
    need!("pebble", "named");
    // The one record that the customer has made.
    let delegation = Delegation { credential: DnsCredentialId(1), zone: "acme.hoster.example".into() };
    let target = delegation.target(UserId(1), "shop.hoster.example");
    let records = format!("_acme-challenge.shop IN CNAME {target}.\n");
    let zone = Zone::start(&[("hoster.example", &records, &["steward"])]).await;
    let delegation = json!({"dns_credential_id": zone.credential, "zone": delegation.zone});
    zone.lab.admin.put("/api/delegation", delegation).await.ok();
    let order = |name: &str| json!({"domain": name, "issuer": "pebble", "challenge": "delegated"});
    let refused = zone.lab.admin.post("/api/certificates", order("www.shop.hoster.example")).await.expect(400);
    let words = "_acme-challenge.www.shop.hoster.example CNAME ";
    assert!(refused["error"].as_str().unwrap().contains(words), "it says which record to make: {refused}");
    let first = issued(&zone.lab, order("shop.hoster.example")).await;
    let second = renewed(&zone.lab, &first["id"], 1).await;
    assert_ne!(first["serial"], second["serial"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_steward_answers_the_ca_itself() {
    need!("pebble", "pebble-challtestsrv");
    let port = Port::claim();
    let pebble = Pebble::start(PebbleOptions { http_port: Some(port.number()), ..PebbleOptions::default() }).await;
    let directory = pebble.directory_url();
    let options = StewardOptions { listen: Some(port.address()), ..StewardOptions::default() };
    let lab = Lab::beside(pebble, &directory, options).await;
    let order = json!({"domain": "www.example.com", "issuer": "pebble", "challenge": "http"});
    let first = issued(&lab, order).await;
    let second = renewed(&lab, &first["id"], 1).await;
    assert_ne!(first["serial"], second["serial"]);
    let order = json!({"domain": "*.example.com", "issuer": "pebble", "challenge": "http"});
    let refused = lab.admin.post("/api/certificates", order).await.expect(400);
    assert!(refused["error"].as_str().unwrap().contains("wildcard"), "{refused}");
}
