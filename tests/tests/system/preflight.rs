//! `POST /api/certificates/preflight`, against bind9.

mod budget;
mod caa;
mod duplicate;

use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{Bind, Port};
use system_tests::steward::{Client, Steward, StewardOptions};

/// A Steward that asks this name server, and its administrator.
async fn lab(zones: &[(&str, &str)]) -> (Bind, Steward, Client) {
    let bind = Bind::start(zones).await;
    let steward = Steward::start(StewardOptions { dns: Some(bind.dns_addr()), ..Default::default() }).await;
    let admin = steward.admin().await;
    (bind, steward, admin)
}

async fn report(caller: &Client, body: Value) -> Value {
    caller.post("/api/certificates/preflight", body).await.expect(200)
}

/// A check of a name: its state and its words.
fn check<'a>(report: &'a Value, name: &str, check: &str) -> (&'a str, &'a str) {
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|found| found["name"] == name && found["check"] == check);
    let found = found.unwrap_or_else(|| panic!("no {check} of {name} in {report}"));
    (found["state"].as_str().unwrap(), found["detail"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_lie_in_a_zone_and_names_that_do_not() {
    need!("named");
    let records = "_acme-challenge.ring IN CNAME circle\ncircle IN CNAME _acme-challenge.ring\n\
                   _acme-challenge.led IN CNAME there.lab.example.\n";
    let (_bind, _steward, admin) = lab(&[("lab.example", records), ("com", ""), ("co.uk", "")]).await;
    let order = json!({"domain": "www.lab.example", "issuer": "letsencrypt",
        "alt_domains": ["*.lab.example", "nobody-has-this.com", "co.uk", "shop.co.uk", "ring.lab.example",
            "led.lab.example", "www.elsewhere.example"]});
    let shown = report(&admin, order).await;
    assert_eq!(shown["ok"], false);
    for (name, state, said) in [
        ("www.lab.example", "ok", "lies in the zone lab.example"),
        ("*.lab.example", "ok", "lies in the zone lab.example"),
        ("nobody-has-this.com", "failed", "the closest zone is com"),
        ("co.uk", "failed", "is a public suffix"),
        ("shop.co.uk", "failed", "is not registered"),
        ("www.elsewhere.example", "warning", "REFUSED"),
    ] {
        let (found, detail) = check(&shown, name, "zone");
        assert!(found == state && detail.contains(said), "{name}: {found}: {detail}");
    }
    let (state, detail) = check(&shown, "ring.lab.example", "challenge");
    assert!(state == "failed" && detail.contains("loop"), "{state} {detail}");
    let (state, detail) = check(&shown, "led.lab.example", "challenge");
    assert!(state == "warning" && detail.contains("there.lab.example"), "{state} {detail}");
    assert_eq!(check(&shown, "www.lab.example", "challenge").0, "ok");

    let http = json!({"domain": "*.lab.example", "issuer": "letsencrypt", "challenge": "http"});
    let shown = report(&admin, http).await;
    assert_eq!(check(&shown, "*.lab.example", "challenge").0, "failed");
    let http = json!({"domain": "lab.example", "issuer": "letsencrypt", "challenge": "http"});
    assert_eq!(report(&admin, http).await["ok"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_credential_has_to_be_for_the_name() {
    need!("named");
    let (_bind, steward, admin) = lab(&[("lab.example", ""), ("example.com", "")]).await;
    let id = steward.plant_dns_credential(1).await;
    let order =
        |domain: &str| json!({"domain": domain, "issuer": "letsencrypt", "challenge": "dns", "dns_credential_id": id});
    let shown = report(&admin, order("www.lab.example")).await;
    let (state, detail) = check(&shown, "www.lab.example", "challenge");
    assert!(state == "failed" && detail.contains("is not in example.com"), "{state} {detail}");
    assert_eq!(report(&admin, order("www.example.com")).await["ok"], true);
    for (body, field) in [
        (json!({"domain": "a.example.com", "issuer": "letsencrypt", "challenge": "smoke"}), "challenge"),
        (json!({"domain": "a.example.com", "issuer": "letsencrypt", "challenge": "dns"}), "dns_credential_id"),
        (json!({"domain": "a.example.com", "issuer": "nobody"}), "issuer"),
        (json!({"domain": "a.example.com"}), "issuer"),
        (json!({"domain": "localhost", "issuer": "letsencrypt"}), "domain"),
    ] {
        let reply = admin.post("/api/certificates/preflight", body).await.expect(400);
        assert!(reply["error"].as_str().unwrap().starts_with(&format!("{field}: ")), "{reply}");
    }
}

/// A name of this length, below lab.example.
fn long(length: usize) -> String {
    let labels = "abcdefgh.".repeat(40);
    let below = ".lab.example";
    let name = format!("{}{below}", labels.get(..length - below.len()).unwrap().trim_end_matches('.'));
    format!("{}{name}", "x".repeat(length - name.len()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_a_wildcard_covers_is_said_before_the_order() {
    need!("named");
    let (_bind, _steward, admin) = lab(&[("lab.example", "")]).await;
    let names = json!(["*.lab.example", "lab.example", "a.www.lab.example"]);
    for (issuer, state, ok) in [("letsencrypt", "failed", false), ("google", "warning", true)] {
        let order = json!({"domain": "www.lab.example", "issuer": issuer, "alt_domains": names});
        let shown = report(&admin, order.clone()).await;
        let (found, detail) = check(&shown, "www.lab.example", "names");
        assert_eq!((found, &shown["ok"]), (state, &json!(ok)), "{shown}");
        let words = ["*.lab.example covers it already", "leave www.lab.example out"];
        assert!(words.iter().all(|words| detail.contains(words)), "{detail}");
        assert_eq!(shown["checks"].as_array().unwrap().iter().filter(|check| check["check"] == "names").count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_too_long_for_a_record_is_said_before_the_order() {
    need!("named");
    let (_bind, _steward, admin) = lab(&[("lab.example", "")]).await;
    for (length, ok) in [(237, true), (238, false), (253, false)] {
        let name = long(length);
        assert_eq!(name.len(), length);
        let shown = report(&admin, json!({"domain": name, "issuer": "letsencrypt"})).await;
        let (state, detail) = check(&shown, &name, "challenge");
        assert_eq!(state == "failed", !ok, "{length}: {detail}");
        assert!(ok || detail.contains("may have 237 characters"), "{detail}");
        let http = json!({"domain": name, "issuer": "letsencrypt", "challenge": "http"});
        assert_eq!(check(&report(&admin, http).await, &name, "challenge").0, "ok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_name_server_everything_is_only_a_warning() {
    let nobody = Port::claim();
    let steward = Steward::start(StewardOptions { dns: Some(nobody.address()), ..Default::default() }).await;
    let admin = steward.admin().await;
    let names: Vec<String> = (0..99).map(|n| format!("n{n}.example.com")).collect();
    let began = std::time::Instant::now();
    let order = json!({"domain": "example.com", "alt_domains": names, "issuer": "letsencrypt"});
    let shown = report(&admin, order).await;
    assert!(began.elapsed().as_secs() < 12, "{:?}", began.elapsed());
    assert_eq!(shown["ok"], true);
    assert_eq!(shown["checks"].as_array().unwrap().len(), 300);
    assert_eq!(check(&shown, "n98.example.com", "zone").0, "warning");
}
