//! A walk over the deployed bundle: the template as it is, the Lambdas as their real programs, the jobs by the real
//! queue.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use clap::Parser;
use domain::users;
use serde_json::json;
use steward::Config;
use system::{SystemClock, SystemEntropy};
use system_tests::need;
use system_tests::peers::{Ministack, Pebble, PebbleOptions};
use system_tests::steward::{ADMIN_PASSWORD, Client, eventually};
use tempfile::TempDir;

const STACK: &str = "steward-walk";

/// The functions' programs, as `cargo lambda build` lays them out.
fn bundle() -> Option<TempDir> {
    let built = super::built("the walk over the deployed bundle")?;
    let bundle = TempDir::with_prefix("steward-test-").unwrap();
    for function in super::FUNCTIONS {
        let place = bundle.path().join(function);
        std::fs::create_dir(&place).unwrap();
        std::os::unix::fs::symlink(built.join(function), place.join("bootstrap")).unwrap();
    }
    Some(bundle)
}

/// Deploys the bundle; the URL of its API.
fn deploy(endpoint: &str, bundle: &Path, parameters: &[String]) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut command = Command::new(root.join("infra/emulator"));
    command.args(["--stack", STACK, "--bundle"]).arg(bundle);
    command.env("AWS_ENDPOINT_URL", endpoint).env("AWS_DEFAULT_REGION", "eu-central-1");
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    for parameter in parameters {
        command.args(["--parameter", parameter]);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let url = said.split_whitespace().find(|word| word.starts_with("http")).expect("the URL of the API");
    url.trim_end_matches('/').to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_deployment_to_download() {
    need!("pebble", "pebble-challtestsrv", "ministack");
    let Some(bundle) = bundle() else { return };
    let pebble = Pebble::start(PebbleOptions::default()).await;
    let ministack = Ministack::start().await;
    let endpoint = ministack.endpoint();
    let url = deploy(
        &endpoint,
        bundle.path(),
        &[
            format!("EndpointUrl={endpoint}"),
            format!("Dns={}", pebble.challtestsrv().dns_addr()),
            "AllowTargets=127.0.0.0/8".to_owned(),
            format!("Architecture={}", if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" }),
        ],
    );

    // What `steward admin --stack` does.
    let config = Config::parse_from(["steward"]);
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let settings = aws::Settings::of(STACK, |name| {
        let value = match name {
            "AWS_REGION" => "eu-central-1",
            "AWS_ENDPOINT_URL" => &endpoint,
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "test",
            _ => return None,
        };
        Some(value.to_owned())
    });
    let ctx = steward::on_aws(&config, settings.unwrap(), clock, entropy).unwrap();
    users::register_first_admin(&ctx, Some(ADMIN_PASSWORD)).await.unwrap();

    let anyone = Client::new(&url);
    assert_eq!(anyone.get("/api/health").await.ok()["status"], "ok");
    let admin = anyone.login("admin", ADMIN_PASSWORD).await;
    admin
        .put("/api/v1/users/profile", json!({"email": "admin@example.com", "current_password": ADMIN_PASSWORD}))
        .await
        .ok();
    let provider = json!({"name": "pebble", "directoryUrl": pebble.directory_url(), "rootCaPem": pebble.root_pem()});
    admin.post("/api/v1/acme/providers/create", provider).await.ok();
    let account = json!({"providerName": "pebble", "email": "ops@example.com"});
    admin.post("/api/v1/acme/account/create", account).await.ok();

    let order = json!({"domain": "example.com", "issuer": "pebble", "alt_domains": ["*.example.com"]});
    let ordered = admin.post("/api/certificates", order).await.expect(201);
    for record in ordered["verification_records"].as_array().unwrap() {
        let host = format!("{}.", record["host"].as_str().unwrap());
        pebble.challtestsrv().set_txt(&host, record["value"].as_str().unwrap()).await;
    }
    let path = format!("/api/certificates/{}", ordered["id"]);
    let verified = admin.post(&format!("{path}/verify"), json!({})).await.ok();
    assert_eq!(verified["success"], true, "{verified}");
    let operation = format!("/api/operations/{}", verified["operation_id"]);
    let ended = eventually("the end of the operation", || async {
        let shown = admin.get(&operation).await.ok();
        (shown["state"] == "succeeded" || shown["state"] == "failed").then_some(shown)
    })
    .await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    let chain = admin.get(&format!("{path}/download?format=fullchain")).await;
    assert_eq!(system_tests::openssl::names(&chain.bytes), ["*.example.com", "example.com"]);
    let zip = admin.get(&format!("{path}/download?format=pem")).await;
    assert!(zip.bytes.starts_with(b"PK"), "what is binary must arrive as it is");

    // The other areas answer behind the same URL, each in its own words.
    assert_eq!(admin.get("/api/v1/users").await.ok()["success"], true);
    assert!(admin.get("/api/urls").await.ok().as_array().unwrap().len() > 30);
    assert!(anyone.get("/api/openapi.json").await.ok()["paths"].is_object());
    assert!(anyone.get("/api/docs/").await.bytes.starts_with(b"<!"), "Swagger UI");
    assert_eq!(anyone.get("/nothing/here").await.status.as_u16(), 404);
    assert_eq!(anyone.get("/api/certificates").await.status.as_u16(), 401);
    // The download was audited by the auditor, fed by its own queue.
    eventually("the audit entry of the download", || async {
        let trail = admin.get("/api/audit").await.ok();
        trail.to_string().contains("download").then_some(())
    })
    .await;
}
