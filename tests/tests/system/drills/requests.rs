//! The API dies at each call it makes within a request.

use std::sync::Arc;
use std::time::Duration;

use domain::acme::Account;
use domain::ports::Key;
use domain::{Context, entity, operations};
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Client, Fate, Lab, Moment, Worker};
use tokio::net::TcpListener;

use super::books::{assert_whole, certificate, deliver_leftovers, work_off};

/// Makes a request of a Steward that dies at a call; its answer, or nothing when it died.
async fn request(
    caller: &Client,
    ctx: &Context,
    fate: &Arc<Fate>,
    method: Method,
    path: &str,
    body: Value,
) -> Option<Value> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = steward::router(fate.of(ctx));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let client = caller.at(&url);
    let answer = tokio::select! {
        reply = client.send(method, path, Some(body.to_string())) => Some(reply.ok()),
        () = fate.died() => None,
    };
    server.abort();
    answer
}

/// For each call and both sides of it: prepares, requests, restarts, and looks whether all is whole. `prepare` gives
/// the id of a certificate; `check` sees it after the restart.
async fn every_death(
    lab: &Lab,
    method: Method,
    path: impl Fn(i64) -> String,
    body: impl Fn(usize) -> Value,
    prepare: impl AsyncFn(usize) -> i64,
    check: impl AsyncFn(i64),
) {
    for call in 0.. {
        assert!(call < 60, "a request makes fewer calls");
        let mut lived = false;
        for (side, moment) in [Moment::Before, Moment::After].into_iter().enumerate() {
            let id = prepare(2 * call + side).await;
            let fate = Fate::at(call, moment);
            let answer =
                request(&lab.admin, &lab.steward.ctx, &fate, method.clone(), &path(id), body(2 * call + side)).await;
            lived = answer.is_some();
            operations::recover(&lab.steward.ctx).await.unwrap();
            work_off(lab).await;
            check(id).await;
            deliver_leftovers(lab).await;
            assert_whole(lab).await;
        }
        if lived {
            assert!(call >= 3, "it was killed at {call} calls only");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_create() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let body = |n| json!({"domain": format!("c{n}.example"), "issuer": "pebble"});
    every_death(&lab, Method::POST, |_| "/api/certificates".into(), body, async |_| 0, async |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_verify() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let prepare = async |n| {
        let ordered = lab.order(&[&format!("v{n}.example")]).await;
        lab.make_records(&ordered).await;
        ordered["id"].as_i64().unwrap()
    };
    let path = |id| format!("/api/certificates/{id}/verify");
    let check = async |id| {
        // Whoever got no answer asks again.
        if certificate(&lab, id).await.issued().is_none() {
            lab.verify(id).await;
            work_off(&lab).await;
        }
        let certificate = certificate(&lab, id).await;
        assert!(certificate.issued().is_some(), "{:?}", certificate.state);
        assert_eq!(lab.pebble.issued_for(&certificate.order.unwrap().url).len(), 1);
    };
    every_death(&lab, Method::POST, path, |_| json!({}), prepare, check).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_an_order_that_registers_an_account() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let ctx = &lab.steward.ctx;
    let mut lived = false;
    for call in 0..40 {
        for (side, moment) in [Moment::Before, Moment::After].into_iter().enumerate() {
            let user = lab.steward.user(&format!("user{call}x{side}")).await;
            let fate = Fate::at(call, moment);
            let body = json!({"domain": format!("f{call}-{side}.example"), "issuer": "pebble"});
            lived = request(&user, ctx, &fate, Method::POST, "/api/certificates", body).await.is_some();
        }
        if lived {
            break;
        }
    }
    assert!(lived, "a request makes fewer calls");
    let in_vault = async || ctx.vault.list("acme-accounts/").await.unwrap();
    let kept = async || {
        let mut kept = Vec::new();
        for name in in_vault().await {
            let id: i64 = name.0.rsplit('/').next().unwrap().parse().unwrap();
            kept.extend(entity::find::<Account>(ctx.store.as_ref(), Key::of(id)).await.unwrap().map(|_| name));
        }
        kept
    };
    let accounts = kept().await;
    assert!(in_vault().await.len() > accounts.len(), "no death left a key behind: this test shows nothing");

    // An hour later somebody looks.
    let scheduler = lab.steward.scheduler.clone().unwrap();
    let schedules = tokio::spawn(async move { scheduler.run().await });
    let _worker = Worker::start(ctx);
    lab.steward.clock.advance(Duration::from_secs(61 * 60));
    for _ in 0..400 {
        if in_vault().await.len() == accounts.len() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    schedules.abort();
    assert_eq!(in_vault().await, accounts);
    assert_eq!(kept().await, accounts);
}

/// An issued certificate.
async fn issued(lab: &Lab, name: &str) -> i64 {
    let ordered = lab.order(&[name]).await;
    lab.make_records(&ordered).await;
    let id = ordered["id"].as_i64().unwrap();
    lab.verify(id).await;
    work_off(lab).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_delete() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let path = |id| format!("/api/certificates/{id}");
    let check = async |id| {
        assert_whole(&lab).await;
        let again = lab.admin.delete(&path(id)).await.status.as_u16();
        assert!(matches!(again, 200 | 404), "{again}");
        work_off(&lab).await;
        lab.admin.get(&path(id)).await.expect(404);
    };
    let prepare = async |n| issued(&lab, &format!("x{n}.example")).await;
    every_death(&lab, Method::DELETE, path, |_| json!({}), prepare, check).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_revoke() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let path = |id| format!("/api/certificates/{id}/revoke");
    let check = async |id| {
        // Whoever got no answer asks again; that the CA has revoked it by then is no fault.
        let again = lab.admin.post(&path(id), json!({})).await.status.as_u16();
        assert!(matches!(again, 200 | 409), "{again}");
        let shown = lab.admin.get(&format!("/api/certificates/{id}")).await.ok();
        assert_eq!(shown["status"], "revoked");
        let serial = certificate(&lab, id).await.issued().unwrap().serial.clone();
        assert_eq!(lab.pebble.certificate_status(&serial).await["Status"], "Revoked");
    };
    let prepare = async |n| issued(&lab, &format!("r{n}.example")).await;
    every_death(&lab, Method::POST, path, |_| json!({}), prepare, check).await;
}
