use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{Pebble, PebbleOptions, Port, Sshd};
use system_tests::steward::{Lab, StewardOptions, add_server, eventually};
use tempfile::TempDir;

const CERTIFICATES: usize = 200;
/// How many servers they are deployed to.
const SERVERS: usize = 8;

async fn all(lab: &Lab) -> Vec<Value> {
    let admin = lab.steward.admin().await;
    let mut found = Vec::new();
    for page in 1.. {
        let listed = admin.get(&format!("/api/certificates?page={page}&per_page=50")).await.ok();
        let rows = listed["certificates"].as_array().unwrap();
        if rows.is_empty() {
            return found;
        }
        for row in rows {
            found.push(admin.get(&format!("/api/certificates/{}", row["id"])).await.ok());
        }
    }
    found
}

async fn chain(lab: &Lab, id: i64) -> String {
    let pem = lab.admin.get(&format!("/api/certificates/{id}/download?format=fullchain")).await.bytes;
    String::from_utf8(pem).unwrap()
}

/// Deploys each certificate to a directory of its own, on one of the servers; the deployments by certificate.
async fn deployments(lab: &Lab, ids: impl Iterator<Item = &i64>, root: &Path) -> (Vec<Sshd>, BTreeMap<i64, i64>) {
    let (mut ways, mut servers) = (Vec::new(), Vec::new());
    for _ in 0..SERVERS {
        let sshd = Sshd::start().await;
        servers.push(add_server(&lab.admin, &sshd, sshd.address(), "files").await);
        ways.push(sshd);
    }
    let mut made = BTreeMap::new();
    for (id, server) in ids.zip(servers.iter().cycle()) {
        let path = root.join(id.to_string());
        let body = json!({"certificate_id": id, "server_id": server, "deploy_path": path});
        let deployment = lab.admin.post("/api/deployments", body).await.expect(201);
        made.insert(*id, deployment["id"].as_i64().unwrap());
    }
    (ways, made)
}

/// The runs of a deployment, once the last has ended.
async fn ended_runs(lab: &Lab, deployment: i64) -> Vec<Value> {
    for _ in 0..600 {
        let shown = lab.admin.get(&format!("/api/deployments/{deployment}/runs")).await.ok();
        let runs = shown["runs"].as_array().unwrap();
        if runs.first().is_some_and(|run| !run["ended_at"].is_null()) {
            return runs.clone();
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("no run of deployment {deployment} has ended");
}

/// Pebble 2.10 knows a certificate by its serial number without the zero that DER puts before a first bit that is set,
/// and RFC 9773 §4.1 names it with that zero: such an order is refused, and made again without naming it.
fn is_found_by_pebble(before: &Value) -> bool {
    let serial = before["serial"].as_str().unwrap().replace(':', "");
    let serial = serial.trim_start_matches('0');
    serial.len() % 2 == 1 || serial.as_bytes()[0] < b'8'
}

/// The CA says "renew now" of two hundred certificates: all are replaced, none twice, and each goes to its server.
#[tokio::test(flavor = "multi_thread")]
async fn the_ca_calls_two_hundred_certificates_back() {
    need!("pebble-challtestsrv", "sshd", "ssh-keygen");
    let port = Port::claim();
    let options = PebbleOptions { http_port: Some(port.number()), ..PebbleOptions::default() };
    let Some(pebble) = Pebble::with_ari(options).await else { return };
    let directory = pebble.directory_url();
    let options = StewardOptions { listen: Some(port.address()), ..StewardOptions::default() };
    let lab = Lab::beside(pebble, &directory, options).await;
    let mut operations = Vec::new();
    for n in 0..CERTIFICATES {
        let order = json!({"domain": format!("n{n}.example.com"), "issuer": "pebble", "challenge": "http"});
        operations.push(lab.order_with(order).await["operation_id"].as_i64().unwrap());
    }
    for operation in operations {
        assert_eq!(lab.ended(operation).await["state"], "succeeded");
    }
    let before: BTreeMap<i64, Value> =
        all(&lab).await.into_iter().map(|shown| (shown["id"].as_i64().unwrap(), shown)).collect();
    assert_eq!(before.len(), CERTIFICATES);
    let root = TempDir::with_prefix("steward-test-").unwrap();
    let (_ways, deployments) = deployments(&lab, before.keys(), root.path()).await;
    for id in before.keys() {
        let pem = chain(&lab, *id).await;
        lab.pebble.suggest_renewal(&pem, "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z").await;
    }

    // Past the first question of each, and the hour in which none is ordered again.
    lab.steward.clock.advance(Duration::from_secs(2 * 60 * 60));
    let issued = || lab.pebble.log().matches("Issued certificate serial").count();
    for _ in 0..600 {
        if issued() >= 2 * CERTIFICATES {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let recorded = async || {
        let shown = all(&lab).await;
        shown.iter().all(|shown| shown["version"].as_i64() >= Some(1)).then_some(shown)
    };
    let after = eventually("two hundred renewals", recorded).await;
    let serials: BTreeSet<&str> = after.iter().map(|shown| shown["serial"].as_str().unwrap()).collect();
    assert_eq!(serials.len(), CERTIFICATES);
    for shown in &after {
        assert_eq!((&shown["version"], &shown["renewal"]["status"]), (&json!(1), &json!("idle")), "once: {shown}");
        assert_ne!(shown["serial"], before[&shown["id"].as_i64().unwrap()]["serial"]);
    }

    for (certificate, deployment) in deployments {
        let runs = ended_runs(&lab, deployment).await;
        let said = || runs.iter().map(|run| (&run["cause"], &run["error"])).collect::<Vec<_>>();
        let [run] = &runs[..] else { panic!("not one run of {deployment}: {:?}", said()) };
        assert_eq!((&run["cause"], &run["result"]), (&json!("renewed"), &json!("deployed")), "{run}");
        let there = std::fs::read_to_string(root.path().join(format!("{certificate}/fullchain.pem"))).unwrap();
        assert_eq!(there, chain(&lab, certificate).await, "certificate {certificate} is where it was to go");
    }

    let log = lab.pebble.log();
    assert_eq!(issued(), 2 * CERTIFICATES, "none twice");
    let found = before.values().filter(|shown| is_found_by_pebble(shown)).count();
    assert_eq!(log.matches("is a replacement of").count(), found, "the CA heard which is replaced");
}
