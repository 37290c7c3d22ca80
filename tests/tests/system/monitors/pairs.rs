use std::fs;

use domain::certificates::{Issued, State};
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{Chain, Process, TlsServer};
use system_tests::steward::{certificate_row, put_certificates};

use super::authority::{Authority, Leaf};
use super::{check, history, idle, shown, watch};

/// A server with two certificates for its name.
async fn serve(first: &Chain, second: &Chain) -> (TlsServer, tempfile::TempDir) {
    let directory = Process::directory();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("other.pem"), &second.leaf).unwrap();
    fs::write(path("other.key"), &second.key).unwrap();
    let server = TlsServer::start(first, &["-dcert", &path("other.pem"), "-dkey", &path("other.key")]).await;
    (server, directory)
}

fn kinds(answer: &Value) -> Vec<(&str, &str)> {
    let looks = answer["endpoints"].as_array().unwrap().iter();
    looks
        .map(|look| (look["certificate"]["encryption_type"].as_str().unwrap(), look["status"].as_str().unwrap()))
        .collect()
}

/// A visitor who cannot use ECDSA sees the RSA certificate: the worse of both counts.
#[tokio::test(flavor = "multi_thread")]
async fn both_halves_are_looked_at() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let expired = authority.sign(Leaf { valid: (-90, -3), ..Leaf::default() });
    let (server, _directory) = serve(&expired, &authority.sign_by_openssl(2048, "-sha256")).await;
    let id = watch(&admin, server.address(), &authority, json!({})).await;
    let checked = check(&admin, id).await;
    let mut seen = kinds(&checked);
    seen.sort_unstable();
    assert_eq!(seen, [("ECC", "expired"), ("RSA", "normal")], "{checked}");
    assert_eq!((&checked["status"], &checked["encryption_type"]), (&json!("expired"), &json!("ECC")));
    let shown = shown(&admin, id).await;
    assert_eq!((&shown["ip_address"], kinds(&shown).len()), (&json!("127.0.0.1"), 2));
    assert_eq!(history(&admin, id).await[0]["endpoints"].as_array().unwrap().len(), 2);
}

/// A half that was not seen before is no change of the certificate; one that takes the place of another is.
#[tokio::test(flavor = "multi_thread")]
async fn the_other_half_is_no_change() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let ecdsa = authority.sign(Leaf::default());
    let fingerprint = tls::facts(&ecdsa.leaf).unwrap().fingerprint;
    let issued = State::Issued(Issued { fingerprint, ..tls::facts(&ecdsa.leaf).unwrap() });
    let own = put_certificates(&steward.ctx, vec![certificate_row(1, 1, "www.example.com", issued)]).await[0];

    let mut single = TlsServer::start(&ecdsa, &[]).await;
    let id = watch(&admin, single.address(), &authority, json!({})).await;
    check(&admin, id).await;
    single.stop();
    let mut changes = Vec::new();
    for (first, second) in
        [(&ecdsa, authority.sign_by_openssl(2048, "-sha256")), (&ecdsa, authority.sign_by_openssl(2048, "-sha256"))]
    {
        let (server, _directory) = serve(first, &second).await;
        admin.put(&format!("/api/monitors/{id}"), json!({"port": server.address().port()})).await.ok();
        let checked = check(&admin, id).await;
        assert_eq!((&checked["certificate_id"], &checked["served"]), (&json!(own), &json!(true)), "{checked}");
        changes.push(checked["changes"].as_array().unwrap().iter().any(|change| change["what"] == "certificate"));
    }
    assert_eq!(changes, [false, true]);
}
