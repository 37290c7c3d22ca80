use std::time::Duration;

use domain::ids::MonitorId;
use domain::jobs::Job;
use domain::ports::{QueueName, ScheduleName};
use jiff::Timestamp;
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::TlsServer;
use system_tests::steward::{Client, Steward, StewardOptions, eventually, next_check};

use super::authority::{Authority, Leaf};
use super::{check, history, idle, shown, watch};

const MINUTE: Duration = Duration::from_secs(60);

/// Waits until the history is this long; the newest.
async fn checks(client: &Client, id: i64, count: usize) -> Value {
    eventually(&format!("check {count}"), || async {
        let history = history(client, id).await;
        assert!(history.len() <= count, "{history:?}");
        (history.len() == count).then(|| history[0].clone())
    })
    .await
}

fn seconds(shown: &Value, from: &str, to: &str) -> i64 {
    let at = |field: &str| shown[field].as_str().unwrap().parse::<Timestamp>().unwrap();
    at(to).duration_since(at(from)).as_secs()
}

async fn scheduled(steward: &Steward, id: i64) -> usize {
    let name = ScheduleName(format!("monitor-{id}"));
    steward.ctx.scheduler.list().await.unwrap().iter().filter(|schedule| schedule.name == name).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_by_itself_at_its_own_interval() {
    need!("openssl");
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let server = TlsServer::start(&authority.sign(Leaf::default()), &[]).await;
    let usual = watch(&admin, server.address(), &authority, json!({})).await;
    let often = watch(&admin, server.address(), &authority, json!({"interval_minutes": 30})).await;
    let off = watch(&admin, server.address(), &authority, json!({"is_active": false})).await;
    assert_eq!(shown(&admin, usual).await["status"], "unknown");

    // The first look is soon.
    steward.clock.advance(Duration::from_secs(31));
    let first = checks(&admin, usual, 1).await;
    assert_eq!((&first["by"], &first["status"]), (&json!("schedule"), &json!("normal")));
    checks(&admin, often, 1).await;
    let seen = shown(&admin, usual).await;
    assert!((6 * 3420..=6 * 3600).contains(&seconds(&seen, "last_check", "next_check")), "{seen}");

    steward.clock.advance(30 * MINUTE);
    checks(&admin, often, 2).await;
    checks(&admin, usual, 1).await;
    steward.clock.advance(330 * MINUTE);
    checks(&admin, usual, 2).await;
    checks(&admin, often, 3).await;
    assert_eq!(history(&admin, off).await.len(), 0);
    let scheduled_now = [scheduled(&steward, usual).await, scheduled(&steward, off).await];
    assert_eq!(scheduled_now, [1, 0]);

    // Switched off and on, and deleted.
    admin.put(&format!("/api/monitors/{usual}"), json!({"is_active": false})).await.ok();
    assert_eq!((scheduled(&steward, usual).await, shown(&admin, usual).await["next_check"].clone()), (0, Value::Null));
    admin.put(&format!("/api/monitors/{off}"), json!({"is_active": true})).await.ok();
    steward.clock.advance(Duration::from_secs(31));
    checks(&admin, off, 1).await;
    checks(&admin, usual, 2).await;
    admin.delete(&format!("/api/monitors/{often}")).await.ok();
    assert_eq!(scheduled(&steward, often).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_reached_nobody_is_repeated_after_a_minute() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let mut server = TlsServer::start(&authority.sign(Leaf::default()), &[]).await;
    server.stop();
    let id = watch(&admin, server.address(), &authority, json!({})).await;
    for (failures, within) in [(1, 60..=60), (2, 20_520..=21_600), (3, 20_520..=21_600)] {
        assert_eq!(check(&admin, id).await["status"], "unreachable");
        let seen = shown(&admin, id).await;
        assert_eq!(seen["failures"], failures);
        assert!(within.contains(&seconds(&seen, "last_check", "next_check")), "{failures}: {seen}");
    }
    let _server = server.replaced(&authority.sign(Leaf::default())).await;
    assert_eq!(check(&admin, id).await["status"], "normal");
    assert_eq!(shown(&admin, id).await["failures"], 0);
}

/// A job that is delivered twice, or too late, writes nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_delivered_twice_is_one_check() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let server = TlsServer::start(&authority.sign(Leaf::default()), &[]).await;
    let id = watch(&admin, server.address(), &authority, json!({})).await;
    let due = next_check(&steward.ctx, id).await;
    let job = Job::Check { monitor: MonitorId(id), due };
    let (one, two) = tokio::join!(prober::handle(&steward.ctx, &job), prober::handle(&steward.ctx, &job));
    one.unwrap();
    two.unwrap();
    prober::handle(&steward.ctx, &job).await.unwrap();
    assert_eq!(history(&admin, id).await.len(), 1);
    admin.delete(&format!("/api/monitors/{id}")).await.ok();
    prober::handle(&steward.ctx, &job).await.unwrap();
}

/// A note written while it is looked at is kept, and so is what was seen.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_meanwhile_is_not_lost() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let id = watch(&admin, silent.local_addr().unwrap(), &Authority::new(), json!({})).await;
    let change = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        admin.put(&format!("/api/monitors/{id}"), json!({"note": "changed meanwhile"})).await.ok();
    };
    let (checked, ()) = tokio::join!(check(&admin, id), change);
    let seen = shown(&admin, id).await;
    assert_eq!((&seen["note"], &seen["last_check"]), (&json!("changed meanwhile"), &checked["last_check"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweep_finds_a_schedule_that_was_lost() {
    need!("openssl");
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let server = TlsServer::start(&authority.sign(Leaf::default()), &[]).await;
    let id = watch(&admin, server.address(), &authority, json!({})).await;
    steward.ctx.scheduler.cancel(&ScheduleName(format!("monitor-{id}"))).await.unwrap();
    steward.clock.advance(5 * MINUTE);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(history(&admin, id).await.len(), 0);
    steward.clock.advance(6 * MINUTE);
    checks(&admin, id, 1).await;
    // The history is written first.
    eventually("the next schedule", || async { (scheduled(&steward, id).await == 1).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_sends_a_lost_check_once() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let at = "127.0.0.1:1".parse().unwrap();
    for _ in 0..3 {
        watch(&admin, at, &Authority::new(), json!({})).await;
    }
    steward.clock.advance(11 * MINUTE);
    for expected in [3, 0] {
        assert_eq!(domain::monitors::sweep(&steward.ctx).await.unwrap(), expected);
    }
    let waiting = steward.ctx.queue.waiting(QueueName::Prober).await.unwrap();
    assert_eq!(waiting.len(), 3);
}

/// Monitors made at the same time are not looked at at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn checks_are_spread() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let mut first = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let id = watch(&admin, "127.0.0.1:1".parse().unwrap(), &Authority::new(), json!({})).await;
        first.insert(seconds(&shown(&admin, id).await, "created_at", "next_check"));
    }
    assert!(first.len() > 8 && first.iter().all(|after| (0..=30).contains(after)), "{first:?}");
}
