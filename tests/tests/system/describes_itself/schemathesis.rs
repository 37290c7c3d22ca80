//! schemathesis asks what the document promises, and much that it forbids, as an administrator and as a user. No answer
//! is a fault of Steward's, has a status that the document does not list, or a body that is not as it says.

use std::process::Stdio;

use serde_json::json;
use system_tests::need;
use system_tests::peers::{Pebble, PebbleOptions, Port, find};
use system_tests::steward::{Client, Steward, StewardOptions};
use tokio::process::Command;

/// How long each of the two asks, in seconds.
const SECONDS: &str = "90";
/// Another length of it, for whoever looks longer.
const VARIABLE: &str = "STEWARD_TEST_SCHEMATHESIS_SECONDS";

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,unsupported_method";

/// What ends the session that asks.
const LEFT_OUT: [&str; 1] = ["auth.logout"];

#[tokio::test(flavor = "multi_thread")]
async fn as_an_administrator() {
    need!("schemathesis", "pebble", "pebble-challtestsrv");
    let (_pebble, steward) = start().await;
    ask(&steward, &steward.admin().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_a_user() {
    need!("schemathesis", "pebble", "pebble-challtestsrv");
    let (_pebble, steward) = start().await;
    ask(&steward, &steward.user("anna").await).await;
}

/// A Steward whose workers rest, so that nothing that is asked for leaves this machine, with a CA of its own.
async fn start() -> (Pebble, Steward) {
    let pebble = Pebble::start(PebbleOptions::default()).await;
    let dns = Some(Port::claim().address());
    let steward = Steward::start(StewardOptions { dns, idle: true, ..StewardOptions::default() }).await;
    let ca = json!({"name": "here", "directoryUrl": pebble.directory_url(), "rootCaPem": pebble.root_pem()});
    steward.admin().await.post("/api/v1/acme/providers/create", ca).await.ok();
    (pebble, steward)
}

async fn ask(steward: &Steward, caller: &Client) {
    own_something(steward, caller).await;
    let (header, value) = caller.credentials().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let hooks = concat!(env!("CARGO_MANIFEST_DIR"), "/src/peers/schemathesis.py");
    let seconds = std::env::var(VARIABLE).unwrap_or_else(|_| SECONDS.to_owned());
    let mut command = Command::new(find("schemathesis").unwrap());
    command
        .current_dir(folder.path())
        .env("SCHEMATHESIS_HOOKS", hooks)
        .args(["run", &format!("{}/api/openapi.json", steward.url())])
        .args(["--header", &format!("{header}: {value}")])
        .args(["--checks", CHECKS, "--max-time", &seconds, "--max-redirects", "0", "--request-timeout", "60"])
        .args(["--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off", "--no-color"])
        .args(LEFT_OUT.iter().flat_map(|id| ["--exclude-operation-id", id]))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let run = command.output().await.unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    println!("{said}");
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
}

/// One of each, so that ids lead somewhere.
async fn own_something(steward: &Steward, caller: &Client) {
    let owner = caller.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap();
    let certificate = steward.plant_certificate(owner, "example.com").await;
    steward.plant_deployment(caller, certificate).await;
    steward.plant_dns_credential(owner).await;
    steward.plant_monitor(owner).await;
    steward.plant_channel(caller).await;
    steward.plant_operation(owner).await;
}
