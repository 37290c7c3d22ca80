//! What is kept of a credential, and what is shown.

use serde_json::{Value, json};
use system_tests::need;
use system_tests::steward::{Steward, StewardOptions, eventually};

use super::{KEY, Zones};

#[tokio::test(flavor = "multi_thread")]
async fn the_providers_say_what_they_need() {
    let steward = Steward::start(StewardOptions::default()).await;
    let listed = steward.user("anna").await.get("/api/dns-providers").await.expect(200);
    let providers = listed["dns_providers"].as_array().unwrap();
    assert!(providers.len() > 70, "{}", providers.len());
    for name in ["rfc2136", "cloudflare", "route53", "alidns", "tencentcloud"] {
        assert!(providers.iter().any(|provider| provider["name"] == name), "{name}");
    }
    let rfc2136 = providers.iter().find(|provider| provider["name"] == "rfc2136").unwrap();
    let fields = rfc2136["fields"].as_array().unwrap();
    let key = fields.iter().find(|field| field["name"] == "key").unwrap();
    assert_eq!((&key["secret"], &key["required"]), (&json!(true), &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_written_and_never_shown() {
    let steward = Steward::start(StewardOptions::default()).await;
    let anna = steward.user("anna").await;
    let fields = json!({"api_token": "cf-very-secret-token"});
    let new = json!({"name": "cf", "provider": "cloudflare", "fields": fields});
    let made = anna.post("/api/dns-credentials", new).await.expect(201);
    let path = format!("/api/dns-credentials/{}", made["id"]);
    let changed = anna.put(&path, json!({"name": "Cloudflare", "zone": "Example.COM."})).await.expect(200);
    assert_eq!((&changed["name"], &changed["zone"]), (&json!("Cloudflare"), &json!("example.com")));
    anna.put(&path, json!({"fields": {"api_token": "another-secret-token"}})).await.expect(200);
    let shown = anna.get(&path).await.expect(200);
    let listed = anna.get("/api/dns-credentials").await.expect(200);
    assert_eq!(listed, json!({"dns_credentials": [shown], "total": 1}));
    assert_eq!(shown["fields"], json!({}));
    for text in [&made, &changed, &shown, &listed].map(Value::to_string) {
        assert!(!text.contains("secret-token"), "{text}");
    }
    let stored = std::fs::read_dir(steward.data()).unwrap().flatten();
    let found = stored.filter(|file| file.path().is_file()).any(|file| {
        let bytes = std::fs::read(file.path()).unwrap();
        bytes.windows(12).any(|window| window == b"secret-token")
    });
    assert!(!found, "the secret is in the data directory in clear");

    anna.delete(&path).await.expect(200);
    anna.get(&path).await.expect(404);
    let vault = &steward.ctx.vault;
    let gone = || async { vault.list("dns-credentials/").await.unwrap().is_empty().then_some(()) };
    eventually("an empty vault", gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_credential_is_refused_by_its_field() {
    let steward = Steward::start(StewardOptions::default()).await;
    let anna = steward.user("anna").await;
    let server = |server: &str, key: &str| json!({"server": server, "key_name": "k", "key": key});
    for (provider, fields, said) in [
        ("nobody", json!({}), "provider: must be one of alidns, "),
        ("cloudflare", json!({}), "fields.api_token: is needed for Cloudflare"),
        ("cloudflare", json!({"api_token": "x", "token": "y"}), "fields.token: is no field of Cloudflare"),
        ("rfc2136", server("https://ns.example.com", "c2VjcmV0"), "fields: server: must be a host"),
        ("rfc2136", server("ns.example.com", "not base64!"), "fields: key: must be base64"),
        ("plesk", json!({"url": "ftp://plesk.example.com", "api_key": "x"}), "fields: url: must be a host"),
        (
            "ovh",
            json!({"endpoint": "moon", "application_key": "a", "application_secret": "b", "consumer_key": "c"}),
            "fields: endpoint: must be ovh-eu",
        ),
    ] {
        let new = json!({"name": "x", "provider": provider, "fields": fields});
        let reply = anna.post("/api/dns-credentials", new).await.expect(400);
        let message = reply["error"].as_str().unwrap();
        assert!(message.starts_with(said), "{message}");
    }
    let wildcard = json!({"name": "x", "provider": "bunny", "fields": {"api_key": "x"}, "zone": "*.example.com"});
    anna.post("/api/dns-credentials", wildcard).await.expect(400);
    assert_eq!(anna.get("/api/dns-credentials").await.expect(200)["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_secret_goes_to_no_other_server() {
    let steward = Steward::start(StewardOptions::default()).await;
    let anna = steward.user("anna").await;
    let fields = json!({"server": "ns1.example.com", "key_name": "k", "key": KEY.secret});
    let new = json!({"name": "ours", "provider": "rfc2136", "fields": fields});
    let path = format!("/api/dns-credentials/{}", anna.post("/api/dns-credentials", new).await.expect(201)["id"]);
    let moved = |fields: Value| json!({"fields": fields});
    let refused = anna.put(&path, moved(json!({"server": "ns.elsewhere.example"}))).await.expect(400);
    assert!(refused["error"].as_str().unwrap().contains("fields.key"), "{refused}");
    anna.put(&path, moved(json!({"server": "ns1.example.com"}))).await.expect(200);
    anna.put(&path, moved(json!({"server": "ns.elsewhere.example", "key": KEY.secret}))).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_in_use_is_not_deleted() {
    need!("named");
    let lab = Zones::start(StewardOptions::default()).await;
    let admin = lab.steward.admin().await;
    let id = lab.credential(&admin, &KEY, Some("lab.example")).await;
    let path = format!("/api/dns-credentials/{id}");
    let zone = json!({"dns_credential_id": id, "zone": "acme.lab.example"});
    admin.put("/api/delegation", zone.clone()).await.expect(200);
    admin.put("/api/delegation", zone).await.expect(200);
    let message = admin.delete(&path).await.expect(409)["error"].as_str().unwrap().to_owned();
    assert!(message.contains("in use"), "{message}");
    admin.delete("/api/delegation").await.expect(200);
    admin.delete(&path).await.expect(200);
}
