//! A CA that refuses, and one that asks to wait.

use std::time::{Duration, Instant};

use domain::ids::OperationId;
use domain::jobs::Job;
use domain::operations::{self, Next};
use domain::ports::{CaError, OrderStatus};
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{ChallTestSrv, Pebble, PebbleOptions};
use system_tests::steward::{Lab, Mood, MoodyCa, StewardOptions};
use tokio::net::TcpListener;

use super::books::{assert_issued_once, assert_whole, operation};
use super::overtaken::{drive, verified};

fn busy(seconds: u64) -> Mood {
    Mood::Says(CaError::Later { reason: "the CA answered 503".into(), retry_after: Some(Duration::from_secs(seconds)) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_is_waited_for_on_the_queue() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let (ctx, ca) = MoodyCa::of(&lab.steward.ctx);
    for (n, call) in ["answer_challenges", "order", "finalize", "certificate"].into_iter().enumerate() {
        let (id, op) = verified(&lab, &format!("w{n}.example")).await;
        let job = Job::Issue { operation: OperationId(op) };
        ca.set(call, busy(600));
        let start = Instant::now();
        let mut pause = Duration::ZERO;
        while pause < Duration::from_secs(60) {
            tokio::time::sleep(pause).await;
            let Next::Again(asked) = issuer::handle(&ctx, &job).await.unwrap() else { panic!("done at {call}") };
            pause = asked;
        }
        assert_eq!(pause, Duration::from_secs(600));
        assert!(start.elapsed() < Duration::from_secs(20), "a worker slept");
        let waiting = operation(&lab, op).await;
        assert!(waiting.lease.is_none() && waiting.is_open());
        let details: Vec<_> = waiting.steps.iter().filter_map(|step| step.detail.as_deref()).collect();
        assert_eq!(details, ["the CA answered 503"]);

        // Neither the sweep nor a second delivery goes back to the CA before the time.
        ca.take();
        lab.steward.clock.advance(Duration::from_secs(300));
        assert_eq!(operations::sweep(&ctx).await.unwrap(), 0);
        let Next::Again(left) = issuer::handle(&ctx, &job).await.unwrap() else { panic!("done at {call}") };
        assert!((Duration::from_secs(200)..=Duration::from_secs(300)).contains(&left), "{left:?}");
        assert_eq!(ca.take(), [""; 0]);

        ca.calm();
        lab.steward.clock.advance(Duration::from_secs(300));
        drive(ctx.clone(), op).await.unwrap();
        assert_issued_once(&lab, id, op).await;
    }
    assert_whole(&lab).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_of_nothing_or_of_a_year_is_bounded() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let (ctx, ca) = MoodyCa::of(&lab.steward.ctx);
    for (seconds, least, most) in [(0, 100, 1_000), (365 * 86_400, 3_600_000, 3_600_000)] {
        let (_, op) = verified(&lab, &format!("b{seconds}.example")).await;
        ca.set("answer_challenges", busy(seconds));
        let Next::Again(pause) = issuer::handle(&ctx, &Job::Issue { operation: OperationId(op) }).await.unwrap() else {
            panic!("done")
        };
        assert!((least..=most).contains(&pause.as_millis()), "{pause:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_never_gets_on_is_given_up_after_a_day() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let (ctx, ca) = MoodyCa::of(&lab.steward.ctx);
    let moods = [Mood::Shows(OrderStatus::Processing), Mood::Shows(OrderStatus::Pending), busy(60)];
    let mut orders = Vec::new();
    for (n, mood) in moods.into_iter().enumerate() {
        let (_, id) = verified(&lab, &format!("g{n}.example")).await;
        let job = Job::Issue { operation: OperationId(id) };
        ca.set("order", mood.clone());
        for _ in 0..3 {
            let Next::Again(pause) = issuer::handle(&ctx, &job).await.unwrap() else { panic!("done") };
            tokio::time::sleep(pause.min(Duration::from_millis(200))).await;
        }
        orders.push((id, job, mood));
    }
    lab.steward.clock.advance(Duration::from_secs(25 * 60 * 60));
    for (id, job, mood) in orders {
        ca.set("order", mood);
        assert_eq!(issuer::handle(&ctx, &job).await.unwrap(), Next::Done);
        let error = operation(&lab, id).await.error.unwrap();
        assert!(error.starts_with("given up after a day"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_inside_that_does_not_pass_is_given_up_after_a_day() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let (certificate, id) = verified(&lab, "fault.example").await;
    let job = Job::Issue { operation: OperationId(id) };
    let ctx = &lab.steward.ctx;
    for secret in ctx.vault.list("acme-accounts/").await.unwrap() {
        ctx.vault.delete(&secret).await.unwrap();
    }
    assert!(issuer::handle(ctx, &job).await.is_err(), "the job is delivered again");
    lab.steward.clock.advance(Duration::from_secs(25 * 60 * 60));
    assert_eq!(issuer::handle(ctx, &job).await.unwrap(), Next::Done);
    let error = operation(&lab, id).await.error.unwrap();
    assert!(error.starts_with("given up after a day"), "{error}");
    let path = format!("/api/certificates/{certificate}");
    let admin = lab.steward.admin().await;
    assert_eq!(admin.get(&path).await.ok()["status"], "failed");
    admin.delete(&path).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_the_ca_does_not_take_now_leaves_nothing() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let (ctx, ca) = MoodyCa::of(&lab.steward.ctx);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let admin = lab.admin.at(&format!("http://{}", listener.local_addr().unwrap()));
    let router = steward::router(ctx);
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let limited = "rateLimited: too many new orders recently";
    ca.set("new_order", Mood::Says(CaError::Later { reason: limited.into(), retry_after: None }));
    let order = json!({"domain": "limited.example", "issuer": "pebble"});
    let refused = admin.post("/api/certificates", order.clone()).await.expect(503);
    assert!(refused["error"].as_str().unwrap().contains(limited), "{refused}");
    ca.set("new_order", Mood::Says(CaError::Refused("rejectedIdentifier: no".into())));
    let refused = admin.post("/api/certificates", order.clone()).await.expect(409);
    assert!(refused["error"].as_str().unwrap().contains("rejectedIdentifier: no"), "{refused}");
    assert_eq!(admin.get("/api/certificates").await.ok()["total"], 0);
    assert_whole(&lab).await;
    ca.calm();
    admin.post("/api/certificates", order).await.expect(201);
    server.abort();
}

/// Verifies a failed certificate again: a new order with other records; makes them, and gives the answer.
async fn order_again(lab: &Lab, id: i64, earlier: &Value) -> Value {
    let again = lab.admin.post(&format!("/api/certificates/{id}/verify"), json!({})).await.ok();
    assert_eq!((&again["success"], &again["certificate"]["status"]), (&json!(false), &json!("unissued")));
    let value = |order: &Value| order["verification_records"][0]["value"].clone();
    // Even when told never to, Pebble now and then takes a proof it still holds for the new order.
    if again["verification_records"][0]["status"] == "pending" {
        assert_ne!(value(&again), value(earlier));
    } else {
        assert_eq!(again["verification_records"][0]["status"], "valid");
    }
    lab.make_records(&again).await;
    again
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_ca_does_not_see_fails_the_order_in_its_words() {
    need!("pebble", "pebble-challtestsrv");
    let theirs = ChallTestSrv::start().await;
    let pebble = Pebble::start(PebbleOptions { dns: Some(theirs.dns_addr()), ..PebbleOptions::default() }).await;
    let directory = pebble.directory_url();
    let lab = Lab::beside(pebble, &directory, StewardOptions::default()).await;
    let ordered = lab.order(&["hidden.example"]).await;
    let id = ordered["id"].as_i64().unwrap();
    lab.make_records(&ordered).await;
    let ended = lab.ended(lab.verify(id).await).await;
    assert_eq!(ended["state"], "failed");
    let error = ended["error"].as_str().unwrap();
    assert!(error.starts_with("hidden.example: unauthorized: "), "{error}");
    let step =
        |name: &str| ended["steps"].as_array().unwrap().iter().find(|step| step["name"] == name).unwrap().clone();
    assert_eq!((&step("authorize")["state"], &step("authorize")["detail"]), (&json!("failed"), &json!(error)));
    assert_eq!(step("finalize")["state"], "pending");
    assert_eq!(lab.admin.get(&format!("/api/certificates/{id}")).await.ok()["status"], "failed");
    assert_whole(&lab).await;

    let again = order_again(&lab, id, &ordered).await;
    let value = again["verification_records"][0]["value"].as_str().unwrap();
    theirs.set_txt("_acme-challenge.hidden.example", value).await;
    let operation = lab.verify(id).await;
    assert_eq!(lab.ended(operation).await["state"], "succeeded");
    assert_issued_once(&lab, id, operation).await;
    assert_whole(&lab).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_expired_is_made_again() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let (ctx, ca) = MoodyCa::of(&lab.steward.ctx);
    for (n, call) in ["answer_challenges", "order", "finalize", "certificate"].into_iter().enumerate() {
        let ordered = lab.order(&[&format!("e{n}.example")]).await;
        lab.make_records(&ordered).await;
        let id = ordered["id"].as_i64().unwrap();
        ca.set(call, Mood::Says(CaError::Gone("malformed: order not found".into())));
        let expired = lab.verify(id).await;
        // It is asked again for ten minutes: it may be catching up.
        let job = Job::Issue { operation: OperationId(expired) };
        while let Next::Again(pause) = issuer::handle(&ctx, &job).await.unwrap() {
            lab.steward.clock.advance(pause);
        }
        let words = "the CA has not known the order for 10 minutes: malformed: order not found";
        assert_eq!(operation(&lab, expired).await.error.as_deref(), Some(words));
        ca.calm();
        order_again(&lab, id, &ordered).await;
        let again = lab.verify(id).await;
        drive(ctx.clone(), again).await.unwrap();
        assert_issued_once(&lab, id, again).await;
    }
    assert_whole(&lab).await;
}
