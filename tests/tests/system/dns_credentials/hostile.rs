//! DNS providers that are named by a credential and mean no good.

use std::time::{Duration, Instant};

use domain::ports::{DnsAccess, DnsWriteError, TxtChange};
use serde_json::json;
use system_tests::peers::{Flood, FloodServer};
use system_tests::steward::{Steward, StewardOptions};

use super::ended;

/// Every provider that is reached by HTTP at an address of the credential's, with its fields.
fn providers(url: &str) -> Vec<DnsAccess> {
    let of = |provider: &str, fields: &[(&str, &str)]| DnsAccess {
        provider: provider.into(),
        fields: fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect(),
    };
    let login = [("username", "steward"), ("password", "secret")];
    let bluecat = [&[("url", url), ("configuration", "main"), ("view", "external")], &login[..]].concat();
    let tokens = [("client_token", "t"), ("client_secret", "s"), ("access_token", "a")];
    vec![
        of("pdns", &[("url", url), ("api_key", "secret")]),
        of("plesk", &[("url", url), ("api_key", "secret")]),
        of("cpanel", &[("url", url), ("username", "steward"), ("api_token", "secret")]),
        of("bluecatv2", &bluecat),
        of("infoblox", &[&[("host", url)], &login[..]].concat()),
        of("ultradns", &[&[("endpoint", url)], &login[..]].concat()),
        of("edgedns", &[&[("host", url)], &tokens[..]].concat()),
        of("route53", &[("access_key_id", "x"), ("secret_access_key", "y"), ("endpoint", url)]),
    ]
}

fn change() -> TxtChange {
    TxtChange {
        zone: "lab.example".into(),
        host: "_acme-challenge.www.lab.example".into(),
        add: vec!["value".into()],
        remove: Vec::new(),
        wanted: vec!["value".into()],
    }
}

/// The most memory that this process has had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
}

fn name(flood: &Flood) -> String {
    format!("{flood:?}").chars().take(60).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_takes_memory_or_time() {
    let steward = Steward::start(StewardOptions::default()).await;
    // As long and as full as an answer may be.
    let full = |head: &str, value: &str, end: &str| -> &'static str {
        format!("{head}{}{end}", value.repeat(1_000_000 / value.len())).leak()
    };
    let rrset = r#"{"name":"x.lab.example.","type":"TXT","ttl":1,"records":[{"content":"x"}]},"#;
    for flood in [
        Flood::Says(200, full("[", r#"{"abcd":"e"},"#, "0]")),
        Flood::Says(200, full(r#"{"rrsets":["#, rrset, r#"{"name":"","type":"","ttl":1}]}"#)),
        Flood::Gzip,
        Flood::Repeated(r#"{"rrsets":[{}"#, 78_000_000),
        Flood::Repeated("0,", 1_000_000),
        Flood::Endless("0"),
        Flood::Endless("[{},"),
        Flood::Header,
    ] {
        let server = FloodServer::start(flood.clone()).await;
        let began = Instant::now();
        let (change, providers) = (change(), providers(&server.url()));
        // As many as a worker does at once, twice.
        let writes = providers.iter().chain(&providers).map(|access| steward.ctx.zones.write(access, &change));
        for outcome in futures_util::future::join_all(writes).await {
            // Only what looks like an answer may be one.
            assert!(outcome.is_err() || matches!(flood, Flood::Says(..)), "{}", name(&flood));
        }
        let (flood, took, peak) = (name(&flood), began.elapsed(), peak());
        println!("{flood}: {took:?}, peak {peak} MiB");
        assert!(peak < 200, "{flood}: {peak} MiB");
        assert!(took < Duration::from_secs(30), "{flood}: {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_an_end_is_given_up() {
    let steward = Steward::start(StewardOptions::default()).await;
    let server = FloodServer::start(Flood::Trickle).await;
    let began = Instant::now();
    let pdns = providers(&server.url()).swap_remove(0);
    let error = steward.ctx.zones.write(&pdns, &change()).await.unwrap_err();
    assert!(matches!(error, DnsWriteError::Later { .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(70), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_answers_is_in_no_error() {
    let steward = Steward::start(StewardOptions::default()).await;
    for status in [200, 201, 302, 400, 403, 409, 422] {
        for body in [
            "<h1>INTRANET</h1>",
            r#"{"error":"INTRANET","errors":[{"message":"INTRANET"}],"text":"INTRANET","message":"INTRANET"}"#,
        ] {
            let server = FloodServer::start(Flood::Says(status, body)).await;
            for access in providers(&server.url()) {
                let outcome = steward.ctx.zones.write(&access, &change()).await;
                let Err(error) = outcome else { continue };
                let said = error.to_string();
                assert!(!said.contains("INTRANET"), "{} {status}: {said}", access.provider);
                assert!(
                    said.contains(&status.to_string()) || said.contains("credential"),
                    "{}: {said}",
                    access.provider
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_of_a_credential_says_why_and_nothing_more() {
    let steward = Steward::start(StewardOptions::default()).await;
    let anna = steward.user("anna").await;
    for (flood, said) in [
        (Flood::Gzip, "the answer is compressed, which was not asked for"),
        (Flood::Repeated("\"x\"   ", 78_000_000), "more than 1 MiB"),
        (Flood::Says(422, r#"{"error":"INTRANET"}"#), "it answered HTTP 422"),
    ] {
        let server = FloodServer::start(flood).await;
        let fields = json!({"url": server.url(), "api_key": "secret"});
        let new = json!({"name": "x", "provider": "pdns", "fields": fields, "zone": "lab.example"});
        let id = anna.post("/api/dns-credentials", new).await.expect(201)["id"].clone();
        let begun = anna.post(&format!("/api/dns-credentials/{id}/test"), json!({})).await.expect(202);
        let shown = ended(&anna, &begun["operation_id"]).await;
        assert_eq!(shown["state"], "failed", "{shown}");
        assert!(shown["error"].as_str().unwrap().contains(said), "{shown}");
        assert!(!shown.to_string().contains("INTRANET"), "{shown}");
    }
    assert!(peak() < 200, "{} MiB", peak());
}
