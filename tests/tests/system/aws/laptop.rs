//! The functions on a laptop: `cargo lambda watch` runs them all against an emulator, and `cargo lambda invoke` sends
//! them the sample events.

mod answers;
mod start;

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;
use system_tests::aws::Emulator;
use system_tests::need;
use system_tests::peers::{CargoLambda, Process};
use system_tests::steward::{Client, eventually};
use system_tests::template::root;

use self::answers::{ANSWERS, ANSWERS_TO_A_KEY, answered};
use self::start::{PASSWORD, watch};
use crate::infra::events::events;

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_event_is_answered() {
    need!(CargoLambda::PROGRAM);
    let Some(built) = super::built("the sample events") else { return };
    let Some(emulator) = Emulator::start().await else { return };
    let mut lambda = watch(&emulator, &built).await;
    let file = |name: &str| root().join("events").join(format!("{name}.json"));

    let (mut asked, mut token) = (BTreeSet::new(), String::new());
    for (name, function, event) in events() {
        let answer = lambda.invoke(&function, &file(&name));
        if event.get("Records").is_some() {
            assert_eq!(answer, json!({"batchItemFailures": []}), "{name}: {}", lambda.log());
            continue;
        }
        let expected = ANSWERS.into_iter().find(|(known, ..)| *known == name);
        let (_, expected) = expected.unwrap_or_else(|| panic!("{name}: what is it answered?"));
        let body = answered(&name, &answer, expected);
        if name == "certificates-login" {
            token = body["token"].as_str().unwrap().to_owned();
        }
        asked.insert(name);
    }
    assert_eq!(asked, ANSWERS.map(|(name, ..)| name.to_owned()).into(), "every file in events/, and no others");

    // The router of `cargo lambda watch` reaches the same functions by their paths.
    let anyone = Client::new(lambda.url());
    let admin = anyone.with_token(&token);
    assert_eq!(anyone.get("/api/health").await.ok()["status"], "ok");
    assert_eq!(admin.get("/api/certificates?page=1").await.ok()["total"], 0);
    assert_eq!(anyone.get("/api/v1/acme/providers").await.expect(401)["code"], 1001);
    anyone.post("/api/login", json!({"username": "admin", "password": PASSWORD})).await.ok();
    assert!(anyone.get("/api/docs/").await.bytes.starts_with(b"<!"), "Swagger UI");
    anyone.get("/nothing").await.expect(404);
    let trail = admin.get("/api/audit").await.ok();
    assert!(trail.to_string().contains("certificate 12"), "what auditor.json brought: {trail}");

    let key = admin.post("/api/v1/users/regenerate-key", json!({})).await.ok()["data"]["api_key"].clone();
    let directory = Process::directory();
    for (name, function, mut event) in events() {
        let expected = ANSWERS_TO_A_KEY.into_iter().find(|(known, ..)| *known == name);
        let Some((_, expected)) = expected else { continue };
        event["headers"]["x-api-key"] = key.clone();
        let file = directory.path().join(&name);
        fs::write(&file, event.to_string()).unwrap();
        answered(&name, &lambda.invoke(&function, &file), expected);
    }

    assert!(lambda.running().len() >= super::FUNCTIONS.len(), "a process for each function");
    lambda.stop();
    eventually("the end of the functions", || async { lambda.running().is_empty().then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_batch_the_messages_that_failed_are_named() {
    need!(CargoLambda::PROGRAM);
    let Some(built) = super::built("a batch that fails in part") else { return };
    let Some(emulator) = Emulator::start().await else { return };
    let lambda = watch(&emulator, &built).await;
    let directory = Process::directory();
    let (_, function, mut batch) = events().into_iter().find(|(name, ..)| name == "issuer-batch").unwrap();
    batch["Records"][0]["body"] = json!({"job": "issue", "operation": "of a later version"}).to_string().into();
    let (.., audit) = events().into_iter().find(|(name, ..)| name == "auditor").unwrap();
    batch["Records"][2]["body"] = audit["Records"][0]["body"].clone();
    let file = directory.path().join("batch.json");
    fs::write(&file, batch.to_string()).unwrap();

    let failed = [0, 2].map(|n| json!({"itemIdentifier": batch["Records"][n]["messageId"]}));
    assert_eq!(lambda.invoke(&function, &file), json!({"batchItemFailures": failed}));
    for reason in ["a message is no job of this version", "does not belong on the queue issuer"] {
        assert!(lambda.log().contains(reason), "{reason}: {}", lambda.log());
    }
}
