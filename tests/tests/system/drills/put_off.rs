//! A CA that asks to wait, one that does not know yet what it has made, and one that has deactivated the account.

use std::sync::Arc;
use std::time::Duration;

use domain::Context;
use domain::acme::{Account, AccountStatus};
use domain::certificates;
use domain::entity::{self, Stored};
use domain::ids::{AccountId, CertificateId, OperationId};
use domain::jobs::Job;
use domain::operations::{Next, Progress};
use domain::ports::{CaError, Key};
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Client, Lab, Mood, MoodyCa};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::books::{assert_issued_once, assert_whole, certificate, operation, work_off};
use super::overtaken::{drive, verified};

const LIMITED: &str = "rateLimited: Service busy; retry later: see https://letsencrypt.org/docs/rate-limits/";

fn limited(seconds: u64) -> Mood {
    Mood::Says(CaError::Later { reason: LIMITED.into(), retry_after: Some(Duration::from_secs(seconds)) })
}

fn gone() -> Mood {
    Mood::Says(CaError::Gone("malformed: No order for ID".into()))
}

/// A Steward whose CA has moods, its administrator there, and its CA.
async fn moody(lab: &Lab) -> (Context, Arc<MoodyCa>, Client, JoinHandle<()>) {
    let (ctx, ca) = MoodyCa::of(&lab.steward.ctx);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let admin = lab.admin.at(&format!("http://{}", listener.local_addr().unwrap()));
    let router = steward::router(ctx.clone());
    let server = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
    (ctx, ca, admin, server)
}

fn order(name: &str) -> Value {
    json!({"domain": name, "issuer": "pebble"})
}

async fn step(ctx: &Context, operation: i64) -> Next {
    issuer::handle(ctx, &Job::Issue { operation: OperationId(operation) }).await.unwrap()
}

/// What was asked of the CA with an account; anybody may read its directory.
fn asked(ca: &MoodyCa) -> Vec<&'static str> {
    ca.take().into_iter().filter(|call| *call != "meta").collect()
}

async fn account(ctx: &Context) -> Account {
    let stored: Stored<Account> = entity::load(ctx.store.as_ref(), Key::of(1)).await.unwrap();
    stored.value
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_asks_an_account_to_wait_is_left_alone_by_all_its_orders() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let (ctx, ca, admin, server) = moody(&lab).await;
    let (_, waiting) = verified(&lab, "earlier.example").await;
    ca.set("new_order", limited(7200));
    for n in 0..6 {
        let refused = admin.post("/api/certificates", order(&format!("n{n}.example"))).await;
        let seconds: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((7190..=7200).contains(&seconds), "{seconds}");
        let error = refused.expect(503)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(LIMITED), "{error}");
        assert_eq!(error.contains("asked ACME account 1 to wait until"), n > 0, "{error}");
    }
    assert_eq!(asked(&ca), ["new_order"], "the CA was asked once");
    // An operation that has an order waits with the others, and so does one that has to make it.
    let body = json!({"domain": "http.example", "issuer": "pebble", "challenge": "http"});
    let made = admin.post("/api/certificates", body).await.expect(201);
    let automatic = made["operation_id"].as_i64().unwrap();
    for operation in [waiting, automatic] {
        assert_eq!(step(&ctx, operation).await, Next::Again(Duration::from_secs(3600)));
    }
    lab.steward.clock.advance(Duration::from_secs(3601));
    for operation in [waiting, automatic] {
        let Next::Again(pause) = step(&ctx, operation).await else { panic!("done") };
        assert!((3500..=3599).contains(&pause.as_secs()), "{pause:?}");
    }
    assert_eq!(asked(&ca), [""; 0], "before the time nobody asks");

    // A preflight says so, too.
    let report = admin.post("/api/certificates/preflight", order("n7.example")).await.expect(200);
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["check"] == "account").unwrap_or_else(|| panic!("{report}"));
    assert_eq!((&report["ok"], &found["state"]), (&json!(false), &json!("failed")));
    assert!(found["detail"].as_str().unwrap().contains(LIMITED), "{found}");

    ca.calm();
    lab.steward.clock.advance(Duration::from_secs(3600));
    admin.post("/api/certificates", order("n8.example")).await.expect(201);
    drive(ctx.clone(), waiting).await.unwrap();
    assert!(operation(&lab, waiting).await.error.is_none());
    assert!(!matches!(step(&ctx, automatic).await, Next::Again(pause) if pause.as_secs() > 60));
    server.abort();
}

/// What counts new orders stops no order that was made.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_on_new_orders_lets_those_that_were_made_go_on() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let (ctx, ca, admin, server) = moody(&lab).await;
    let (_, made) = verified(&lab, "earlier.example").await;
    let reason = "rateLimited: too many new orders (300) from this account in the last 3h0m0s";
    let wait = Some(Duration::from_secs(7200));
    ca.set("new_order", Mood::Says(CaError::Later { reason: reason.into(), retry_after: wait }));
    for name in ["one.example", "two.example"] {
        admin.post("/api/certificates", order(name)).await.expect(503);
    }
    drive(ctx.clone(), made).await.unwrap();
    assert!(operation(&lab, made).await.error.is_none());
    let body = json!({"domain": "http.example", "issuer": "pebble", "challenge": "http"});
    let automatic = admin.post("/api/certificates", body).await.expect(201)["operation_id"].as_i64().unwrap();
    assert_eq!(step(&ctx, automatic).await, Next::Again(Duration::from_secs(3600)));
    assert_eq!(asked(&ca).iter().filter(|call| **call == "new_order").count(), 1, "the CA was asked once");
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_on_one_name_stops_no_other() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let (_, ca, admin, server) = moody(&lab).await;
    let reason = "rateLimited: too many certificates (50) already issued for \"full.example\" in the last 168h0m0s";
    let wait = Some(Duration::from_secs(7200));
    ca.set("new_order", Mood::Says(CaError::Later { reason: reason.into(), retry_after: wait }));
    admin.post("/api/certificates", order("www.full.example")).await.expect(503);
    ca.calm();
    let refused = admin.post("/api/certificates", order("api.full.example")).await.expect(503);
    assert!(refused["error"].as_str().unwrap().contains("full.example"), "{refused}");
    admin.post("/api/certificates", order("other.example")).await.expect(201);
    assert_eq!(asked(&ca), ["new_order", "new_order"]);
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_the_ca_puts_off_is_no_failure() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let (ctx, ca, _, server) = moody(&lab).await;
    let (by_hand, first) = verified(&lab, "hand.example").await;
    drive(ctx.clone(), first).await.unwrap();
    let (by_itself, second) = verified(&lab, "itself.example").await;
    drive(ctx.clone(), second).await.unwrap();
    lab.steward.admin().await.put(&format!("/api/certificates/{by_itself}"), json!({"challenge": "http"})).await.ok();

    lab.steward.clock.advance(Duration::from_secs(61 * 24 * 60 * 60));
    ca.set("new_order", limited(7200));
    ca.take();
    certificates::wake(&ctx, CertificateId(by_hand)).await.unwrap();
    certificates::wake(&ctx, CertificateId(by_itself)).await.unwrap();
    let started = certificate(&lab, by_itself).await.operation().unwrap().0;
    assert_eq!(step(&ctx, started).await, Next::Done);
    let ended = operation(&lab, started).await;
    assert_eq!(ended.state, Progress::Failed);
    assert!(ended.error.unwrap().contains("is tried again in"), "it says when");
    assert_eq!(ca.take().iter().filter(|call| **call == "new_order").count(), 1);

    let admin = lab.steward.admin().await;
    for id in [by_hand, by_itself] {
        let shown = admin.get(&format!("/api/certificates/{id}")).await.ok();
        let (renewal, now) = (&shown["renewal"], lab.steward.ctx.clock.now());
        assert_eq!((&renewal["status"], &renewal["failures"]), (&json!("idle"), &json!(0)), "{renewal}");
        assert!(renewal["error"].as_str().unwrap().contains(LIMITED), "{renewal}");
        let next: jiff::Timestamp = renewal["next_attempt"].as_str().unwrap().parse().unwrap();
        assert!((7100..=7200).contains(&next.duration_since(now).as_secs()), "{renewal}");
    }
    // Woken before the time, it asks nobody; after it, it orders.
    certificates::wake(&ctx, CertificateId(by_hand)).await.unwrap();
    assert!(!ca.take().contains(&"new_order"));
    ca.calm();
    lab.steward.clock.advance(Duration::from_secs(7201));
    certificates::wake(&ctx, CertificateId(by_hand)).await.unwrap();
    assert!(ca.take().contains(&"new_order"));
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_is_catching_up_is_asked_again() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let (ctx, ca, _, server) = moody(&lab).await;
    for (n, call) in ["answer_challenges", "order", "finalize", "certificate"].into_iter().enumerate() {
        let (id, op) = verified(&lab, &format!("c{n}.example")).await;
        ca.set(call, gone());
        ca.take();
        let mut asked = 0;
        while asked < 8 {
            let Next::Again(pause) = step(&ctx, op).await else { panic!("given up at {call}") };
            assert!(pause <= Duration::from_secs(30), "{pause:?}");
            asked += ca.take().iter().filter(|asked| **asked == call).count();
            // What the CA does before takes its own time.
            tokio::time::sleep(pause.min(Duration::from_millis(100))).await;
            lab.steward.clock.advance(pause);
        }
        let waiting = operation(&lab, op).await;
        let detail = waiting.steps.iter().find_map(|step| step.detail.clone()).unwrap();
        assert!(detail.contains("may be catching up"), "{detail}");
        ca.calm();
        drive(ctx.clone(), op).await.unwrap();
        assert_issued_once(&lab, id, op).await;
    }
    assert_whole(&lab).await;

    // What it knew again meanwhile counts from the beginning; what it never knows again is given up.
    let (_, op) = verified(&lab, "lost.example").await;
    ca.set("order", gone());
    let mut waited = Duration::ZERO;
    let error = loop {
        match step(&ctx, op).await {
            Next::Again(pause) => {
                waited += pause;
                lab.steward.clock.advance(pause);
            }
            Next::Done => break operation(&lab, op).await.error.unwrap(),
        }
    };
    assert!((600..700).contains(&waited.as_secs()), "{waited:?}");
    assert_eq!(error, "the CA has not known the order for 10 minutes: malformed: No order for ID");
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_not_shown_after_it_was_made_is_made_again() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let (ctx, ca, admin, server) = moody(&lab).await;
    let body = json!({"domain": "late.example", "issuer": "pebble", "challenge": "http"});
    let made = admin.post("/api/certificates", body).await.expect(201);
    ca.set("new_order", gone());
    let op = made["operation_id"].as_i64().unwrap();
    assert_eq!(step(&ctx, op).await, Next::Again(Duration::from_secs(60)));
    let refused = admin.post("/api/certificates", order("late2.example")).await;
    assert_eq!(refused.headers["retry-after"], "60");
    refused.expect(503);
    ca.calm();
    lab.steward.clock.advance(Duration::from_secs(60));
    step(&ctx, op).await;
    assert!(operation(&lab, op).await.is_done("order"));
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_the_ca_has_deactivated_is_marked_and_not_used_again() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let (ctx, ca, admin, server) = moody(&lab).await;
    let (_, op) = verified(&lab, "before.example").await;
    ca.set("order", Mood::Says(CaError::NoAccount("unauthorized: Account has been deactivated".into())));
    drive(ctx.clone(), op).await.unwrap();
    let error = operation(&lab, op).await.error.unwrap();
    assert!(error.contains("register another with POST /api/v1/acme/account/create"), "{error}");
    assert_eq!(account(&ctx).await.status, AccountStatus::Deactivated);
    ca.take();

    let refused = admin.post("/api/certificates", order("after.example")).await.expect(409);
    assert!(refused["error"].as_str().unwrap().contains("the CA has deactivated ACME account 1"), "{refused}");
    let report = admin.post("/api/certificates/preflight", order("after.example")).await.expect(200);
    let checks = report["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["check"] == "account" && check["state"] == "failed"), "{report}");
    assert_eq!(asked(&ca), [""; 0]);
    let listed = admin.get("/api/v1/acme/accounts?status=deactivated").await.ok();
    assert_eq!(listed["data"]["items"][0]["status"], "deactivated", "{listed}");

    // As it says: another one, and the default.
    let spare = lab.account(&lab.admin, "spare@example.com").await;
    let default = json!({"providerId": listed["data"]["items"][0]["provider_id"], "accountId": spare});
    admin.post("/api/v1/acme/accounts/set-default", default).await.ok();
    ca.calm();
    let made = admin.post("/api/certificates", order("after.example")).await.expect(201);
    let id = CertificateId(made["id"].as_i64().unwrap());
    assert_eq!(certificate(&lab, id.0).await.account, AccountId(spare));
    // And the first one, should the CA know it again.
    admin.post("/api/v1/acme/accounts/enable", json!({"id": 1})).await.ok();
    assert_eq!(account(&ctx).await.status, AccountStatus::Active);
    work_off(&lab).await;
    server.abort();
}
