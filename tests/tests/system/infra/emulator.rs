use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use system_tests::need;
use system_tests::peers::{Port, Process};
use system_tests::template::Template;

use super::{packages, root};

/// Stands for every function: answers with its own name.
const PROGRAM: &str = r#"#!/usr/bin/env python3
import json, os, urllib.request
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as event:
        request = event.headers["Lambda-Runtime-Aws-Request-Id"]
    body = {"name": os.environ["AWS_LAMBDA_FUNCTION_NAME"], "url": os.environ["STEWARD_PUBLIC_URL"]}
    answer = json.dumps({"statusCode": 200, "body": json.dumps(body)}).encode()
    urllib.request.urlopen(api + request + "/response", answer)
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_template_is_deployed_to_an_emulator_as_it_is() {
    need!("ministack", "python3");
    let port = Port::claim();
    let switches = [
        ("BIND_HOST", "127.0.0.1".to_owned()),
        ("GATEWAY_PORT", port.number().to_string()),
        ("IOT_MTLS_ENABLED", "0".to_owned()),
        ("SFTP_ENABLED", "0".to_owned()),
    ];
    let mut emulator = Process::start::<&str>("ministack", Process::directory(), &[], &switches);
    emulator.until_listening(port.address()).await;

    let bundle = Process::directory();
    for package in packages() {
        let folder = bundle.path().join(package);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("bootstrap"), PROGRAM).unwrap();
        fs::set_permissions(folder.join("bootstrap"), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let deploy = || {
        let mut command = Command::new(root().join("infra/emulator"));
        command.arg("--bundle").arg(bundle.path()).env("AWS_ENDPOINT_URL", format!("http://{}", port.address()));
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let url = deploy();
    let template = Template::read();
    for (path, program) in super::routes::of_template(&template) {
        let path = if path == "$default" { "/nothing".to_owned() } else { path.replace("{proxy+}", "x") };
        let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(answer, serde_json::json!({"name": format!("steward-{program}"), "url": url}), "{path}");
    }
    assert_eq!(deploy(), url, "a second time");
}
