use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::peers::{Pebble, PebbleOptions, Port};
use system_tests::steward::{Client, eventually};
use tokio::process::Command;

use crate::{Cost, cpu};

const PASSWORD: &str = "a password for a bench";

/// Orders so many certificates of a Steward that answers the CA's questions itself, and then waits for them.
pub(crate) async fn measure(certificates: usize) -> Cost {
    let port = Port::claim();
    let pebble = Pebble::start(PebbleOptions { http_port: Some(port.number()), ..PebbleOptions::default() }).await;
    let data = tempfile::tempdir().expect("a temporary directory");
    let program = std::env::current_exe().expect("the path of this program").with_file_name("steward");
    assert!(program.exists(), "{} is not there; run\n  cargo build --release", program.display());
    let mut command = Command::new(program);
    command.env_clear().env("STEWARD_DATA", data.path()).env("STEWARD_LISTEN", port.address().to_string());
    command.env("STEWARD_ADMIN_PASSWORD", PASSWORD).env("STEWARD_ALLOW_TARGETS", "127.0.0.0/8");
    command.env("STEWARD_DNS", pebble.challtestsrv().dns_addr().to_string());
    let mut steward =
        command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().expect("a program that starts");
    let pid = steward.id().expect("a program that runs");

    let nobody = Client::new(format!("http://{}", port.address()));
    let address = port.address();
    eventually("an answer", || async { tokio::net::TcpStream::connect(address).await.ok() }).await;
    let login = nobody.post("/api/auth/login", json!({"username": "admin", "password": PASSWORD})).await.ok();
    let admin = nobody.with_token(login["token"].as_str().expect("a token"));
    let provider = json!({"name": "pebble", "directoryUrl": pebble.directory_url(), "rootCaPem": pebble.root_pem()});
    admin.post("/api/v1/acme/providers/create", provider).await.ok();
    let account = json!({"providerName": "pebble", "email": "ops@example.com"});
    admin.post("/api/v1/acme/account/create", account).await.ok();

    let (requests, cpu) = (pebble.requests(), cpu::of(pid));
    let mut orders = Vec::new();
    for n in 0..certificates {
        let order = json!({"domain": format!("bench{n}.example"), "issuer": "pebble", "challenge": "http"});
        orders.push(admin.post("/api/certificates", order).await.ok());
    }
    for ordered in &orders {
        let ended = ended(&admin, ordered).await;
        assert_eq!(ended["state"], "succeeded", "{ended}");
    }
    let (requests, cpu_ms) = (pebble.requests() - requests, cpu::of(pid) - cpu);
    // It takes the lock of its data along.
    let _ = steward.kill().await;
    Cost { client: "steward", certificates, requests, cpu_ms }
}

/// The operation of an order, once it has ended; somebody looks ten times a second.
async fn ended(admin: &Client, ordered: &Value) -> Value {
    let path = format!("/api/operations/{}", ordered["operation_id"]);
    loop {
        let shown = admin.get(&path).await.ok();
        if shown["state"] == "succeeded" || shown["state"] == "failed" {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
