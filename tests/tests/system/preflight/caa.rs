//! CAA records of every kind (RFC 8659, RFC 8657).

use serde_json::json;
use system_tests::need;

use super::{check, lab, report};

const ZONE: &str = r#"
none IN A 127.0.0.1
ours IN CAA 0 issue "letsencrypt.org"
sub.deep.ours IN A 127.0.0.1
theirs IN CAA 0 issue "ca.example.net"
both IN CAA 0 issue "ca.example.net"
both IN CAA 0 issue "LetsEncrypt.org; cansignhttpexchanges=yes"
nobody IN CAA 0 issue ";"
wild IN CAA 0 issue "letsencrypt.org"
wild IN CAA 0 issuewild ";"
tame IN CAA 0 issue ";"
tame IN CAA 0 issuewild "letsencrypt.org"
report IN CAA 0 iodef "mailto:security@example.com"
strange IN CAA 128 surprise "x"
strange IN CAA 0 issue "letsencrypt.org"
odd IN CAA 0 surprise "x"
odd IN CAA 0 issue "letsencrypt.org"
account IN CAA 0 issue "letsencrypt.org; accounturi=https://127.0.0.1:1/account"
another IN CAA 0 issue "letsencrypt.org; accounturi=https://acme-v02.api.letsencrypt.org/acme/acct/7"
method IN CAA 0 issue "letsencrypt.org; validationmethods=dns-01"
web IN CAA 0 issue "letsencrypt.org;validationmethods=http-01,tls-alpn-01"
led IN CNAME target.other.example.
dname IN DNAME other.example.
"#;

const OTHER: &str = r#"
@ IN CAA 0 issue "ca.example.net"
target IN CAA 0 issue "letsencrypt.org"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_records_decide_who_may_issue() {
    need!("named");
    let (_bind, steward, admin) = lab(&[("caa.example", ZONE), ("other.example", OTHER), ("example", "")]).await;
    let account = steward.plant_account(1).await;
    let cases = [
        ("none", "ok", "no CAA record restricts"),
        ("ours", "ok", "ours.caa.example allow this CA"),
        ("sub.deep.ours", "ok", "ours.caa.example allow this CA"),
        ("theirs", "failed", "allow ca.example.net only"),
        ("both", "ok", "allow this CA"),
        ("nobody", "failed", "allow no CA"),
        ("*.wild", "failed", "allow no CA"),
        ("wild", "ok", "allow this CA"),
        ("*.tame", "ok", "allow this CA"),
        ("tame", "failed", "allow no CA"),
        ("report", "ok", "restrict nobody"),
        ("strange", "failed", "is critical"),
        ("odd", "ok", "allow this CA"),
        ("account", "ok", "allow this CA"),
        ("another", "failed", "accounturi is https://acme-v02"),
        ("method", "ok", "allow this CA"),
        ("web", "failed", "validationmethods is http-01,tls-alpn-01"),
        // An alias has its target's records, and is itself below its own parent only (RFC 8659 §3).
        ("led", "ok", "led.caa.example allow this CA"),
        ("target.dname", "ok", "target.dname.caa.example allow this CA"),
    ];
    let names: Vec<String> = cases.iter().map(|(name, ..)| format!("{name}.caa.example")).collect();
    let order = json!({"domain": names[0], "alt_domains": names[1..], "account_id": account});
    let shown = report(&admin, order).await;
    for ((name, state, said), full) in cases.iter().zip(&names) {
        let (found, detail) = check(&shown, full, "caa");
        assert!(found == *state && detail.contains(said), "{name}: {found}: {detail}");
    }
    let http = json!({"domain": "web.caa.example", "alt_domains": ["method.caa.example"], "account_id": account,
        "challenge": "http"});
    let shown = report(&admin, http).await;
    assert_eq!(check(&shown, "web.caa.example", "caa").0, "ok");
    assert_eq!(check(&shown, "method.caa.example", "caa").0, "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_nobody_knows_the_name_of_is_a_warning() {
    need!("named");
    let (_bind, _steward, admin) = lab(&[("caa.example", ZONE), ("example", "")]).await;
    let provider = json!({"name": "office-ca", "directoryUrl": "https://ca.office.example/dir"});
    admin.post("/api/v1/acme/providers/create", provider).await.ok();
    let shown = report(&admin, json!({"domain": "ours.caa.example", "issuer": "office-ca"})).await;
    let (state, detail) = check(&shown, "ours.caa.example", "caa");
    assert!(state == "warning" && detail.contains("letsencrypt.org"), "{state} {detail}");
}
