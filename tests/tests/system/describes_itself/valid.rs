//! The document is valid OpenAPI, says what fits in each field, and its examples are taken.

use std::process::Command;

use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::Port;
use system_tests::steward::{Kind, Steward, StewardOptions};

use crate::api::routes;

#[test]
fn a_validator_finds_nothing() {
    need!("openapi-spec-validator");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.json");
    std::fs::write(&file, console::DOCUMENT).unwrap();
    let program = system_tests::peers::find("openapi-spec-validator").unwrap();
    let found = Command::new(program).args(["--validation-errors", "all"]).arg(&file).output().unwrap();
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
}

#[test]
fn operations_and_answers_have_names_and_descriptions() {
    let document: Value = serde_json::from_str(console::DOCUMENT).unwrap();
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b"._".contains(&b)), "{method} {path}: {id}");
            let guarded = operation["security"] != json!([{}]);
            let answers = operation["responses"].as_object().unwrap();
            let mut always = vec!["400", "500", "503"];
            always.extend(guarded.then_some("401"));
            always.extend(path.contains('{').then_some("404"));
            always.extend((guarded && method != "get").then_some("409"));
            always.extend(operation["requestBody"].is_object().then_some(["413", "415"]).into_iter().flatten());
            for status in always {
                assert!(answers.contains_key(status), "{method} {path}: {status} is not documented");
            }
            for (status, answer) in answers {
                seen += 1;
                let answer = match answer["$ref"].as_str() {
                    Some(reference) => document.pointer(&reference[1..]).unwrap(),
                    None => answer,
                };
                assert!(answer["description"].as_str().is_some_and(|text| text.len() > 5), "{method} {path} {status}");
                if status.starts_with(['4', '5']) {
                    let schema = &answer["content"]["application/json"]["schema"]["$ref"];
                    let face = match path.as_str() {
                        // It says what is wrong in the words of what it says when nothing is.
                        "/api/health" if status == "503" => "Health",
                        _ if path.starts_with("/api/v1/acme/") => "CodeErrorBody",
                        _ if path.starts_with("/api/v1/") => "CloudErrorBody",
                        _ => "ErrorBody",
                    };
                    assert_eq!(schema, &json!(format!("#/components/schemas/{face}")), "{method} {path} {status}");
                }
            }
        }
    }
    assert!(seen > 500, "{seen}");
}

/// What a caller writes has a longest text, a smallest and a largest number, or a list of words.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_caller_writes_has_limits() {
    let steward = Steward::start(StewardOptions::default()).await;
    // Whatever somebody has: compared with what is kept, or read by a library that says what is wrong.
    let any = ["username", "password", "current_password", "private_key", "fingerprint", "issuer", "profile"];
    let keys = ["eabKid", "eabHmacKey", "providerName", "directoryUrl", "ip_address", "before", "token"];
    let mut seen = 0;
    for route in routes(&steward).await {
        let of_body = route.fields().unwrap_or_default().into_iter();
        let of_body = of_body.map(|(name, _, kind)| (route.field(&name).clone(), name, kind));
        let of_query = route.parameters().into_iter().map(|(name, kind)| (route.parameter(&name).clone(), name, kind));
        for (schema, name, kind) in of_body.chain(of_query) {
            seen += 1;
            let about = format!("{} {name}: {schema}", route.name());
            match kind {
                Kind::Text if any.contains(&name.as_str()) || keys.contains(&name.as_str()) => {}
                Kind::Text => assert!(schema["maxLength"].is_u64() || schema["enum"].is_array(), "{about}"),
                Kind::Integer => {
                    assert!(schema["minimum"].is_i64(), "{about}");
                    let most = schema["maximum"].as_i64();
                    assert!(
                        name.ends_with("id") || name.ends_with("Id") || name == "before" || most.is_some(),
                        "{about}"
                    );
                }
                Kind::Boolean | Kind::Object | Kind::Other => {}
            }
        }
    }
    assert!(seen > 150, "{seen}");
}

/// The example of every body is taken, or refused for what there is and not for how it is written.
#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_well_formed() {
    let nobody = Port::claim().address();
    let options = StewardOptions { dns: Some(nobody), open_registration: true, idle: true, ..Default::default() };
    let steward = Steward::start(options).await;
    let mut admin = steward.admin().await;
    let certificate = steward.plant_certificate(1, "example.com").await;
    assert_eq!(steward.plant_dns_credential(1).await, certificate);
    assert_eq!(steward.plant_deployment(&admin, certificate).await, (certificate, certificate));
    assert_eq!(steward.plant_monitor(1).await, certificate);
    assert_eq!(steward.plant_channel(&admin).await, certificate);
    let ca = json!({"name": "here", "directoryUrl": "https://127.0.0.1:1/dir"});
    admin.post("/api/v1/acme/providers/create", ca).await.ok();
    let (mut walked, mut taken) = (0, 0);
    for route in routes(&steward).await {
        let Some(example) = route.example() else { continue };
        walked += 1;
        assert!(example.is_object(), "{} has no example", route.name());
        let mut body = example.clone();
        for (name, required, _) in route.fields().unwrap() {
            assert!(!required || body.get(&name).is_some(), "{}: the example lacks {name}", route.name());
        }
        // The tests ask no CA but their own.
        for name in ["issuer", "providerName"] {
            if body.get(name).is_some() {
                body[name] = json!("here");
            }
        }
        let reply = admin.send(route.method.clone(), &route.path_with(certificate), Some(body.to_string())).await;
        let said = String::from_utf8_lossy(&reply.bytes).into_owned();
        if route.path == "/api/auth/logout" {
            admin = steward.admin().await;
        }
        taken += u32::from(reply.status.is_success());
        let about = format!("{} {body}: {} {said}", route.name(), reply.status);
        if reply.status == 400 {
            // What a name server says of the example's domain, whose password it is, and what else there is, are no
            // matters of form.
            let there = ["the zone", "is not your password"];
            assert!(there.iter().any(|words| said.contains(words)), "{about}");
        } else {
            assert!(reply.status.is_success() || [401, 404, 409, 429, 503].contains(&reply.status.as_u16()), "{about}");
        }
    }
    assert_eq!(walked, 36, "a route with a body was added or lost: count again");
    assert!(taken >= 15, "{taken}");
}
