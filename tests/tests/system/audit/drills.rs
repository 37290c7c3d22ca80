use std::time::Duration;

use domain::audit::{AuditEntry, By, Outcome};
use domain::ports::QueueName;
use serde_json::{Value, json};
use system_tests::steward::{Fate, Moment, Steward, StewardOptions};

use super::{trail, verdict};

const LATER: Duration = Duration::from_secs(200);

async fn idle() -> Steward {
    Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await
}

/// Does what the auditor's queue has now.
async fn work_off(ctx: &domain::Context) {
    loop {
        let deliveries = ctx.queue.receive(QueueName::Auditor, 10, Duration::from_secs(100)).await.unwrap();
        if deliveries.is_empty() {
            return;
        }
        for delivery in deliveries {
            auditor::handle(ctx, &delivery.job).await.unwrap();
            ctx.queue.delete(QueueName::Auditor, &delivery.receipt).await.unwrap();
        }
    }
}

/// The auditor dies at each of its calls, before it and after it: the entry is there once, and the chain is whole.
#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_killed_anywhere_leaves_a_whole_chain() {
    for moment in [Moment::Before, Moment::After] {
        let steward = idle().await;
        let mut entries = 0;
        for call in 0.. {
            assert!(call < 50, "an entry takes fewer calls");
            for n in 0..2 {
                let target = format!("thing {call} {n}");
                domain::audit::record_system(&steward.ctx, "test.act", target, "done").await.unwrap();
            }
            entries += 2;
            let fate = Fate::at(call, moment);
            let ctx = fate.of(&steward.ctx);
            let finished = tokio::select! {
                () = fate.died() => false,
                () = work_off(&ctx) => true,
            };
            verdict(&steward).await.unwrap();
            steward.clock.advance(LATER);
            work_off(&steward.ctx).await;
            assert_eq!(verdict(&steward).await, Ok(entries), "killed at {call} ({moment:?})");
            if finished {
                assert!(call > 4, "it was killed at {call} calls only");
                break;
            }
        }
    }
}

/// One entry delivered many times, to several at once: it is there once.
#[tokio::test(flavor = "multi_thread")]
async fn double_deliveries_append_once() {
    let steward = idle().await;
    let entry = |n: usize| AuditEntry {
        id: format!("entry-{n}"),
        at: steward.ctx.clock.now(),
        user: None,
        name: None,
        by: By::Steward,
        source: "steward".into(),
        action: "test.act".into(),
        target: format!("thing {n}"),
        outcome: Outcome::Unknown,
    };
    let entries: Vec<_> = (0..20).map(entry).collect();
    let twice = entries.iter().chain(&entries).chain(&entries);
    let all = twice.map(|entry| domain::audit::append(&steward.ctx, entry));
    for done in futures_util::future::join_all(all).await {
        done.unwrap();
    }
    assert_eq!(verdict(&steward).await, Ok(20));
}

/// The process dies after the handler and before it could say so: the trail says that somebody tried, and that nobody
/// knows the outcome.
#[tokio::test(flavor = "multi_thread")]
async fn a_death_between_the_handler_and_the_record_is_seen() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let body = json!({"name": "mail", "kind": "email", "address": "ops@example.com"});
    let id = admin.post("/api/channels", body).await.expect(201)["id"].clone();
    // What the request said at its end is lost with the process.
    let queue = &steward.ctx.queue;
    for delivery in queue.receive(QueueName::Auditor, 10, Duration::from_secs(100)).await.unwrap() {
        queue.delete(QueueName::Auditor, &delivery.receipt).await.unwrap();
    }
    assert_eq!(trail(&admin).await, Vec::<Value>::new());
    // Longer than any request may take.
    steward.clock.advance(Duration::from_secs(131));
    work_off(&steward.ctx).await;
    let entry = trail(&admin).await.into_iter().find(|entry| entry["action"] == "POST /api/channels").unwrap();
    assert_eq!((&entry["status"], &entry["user_id"], &entry["made_id"]), (&Value::Null, &json!(1), &Value::Null));
    assert!(id.is_i64());
    verdict(&steward).await.unwrap();
}

/// Where the trail cannot be written, nothing is done.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_not_done() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let mut ctx = steward.ctx.clone();
    ctx.queue = std::sync::Arc::new(Deaf);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = steward::router(ctx).into_make_service_with_connect_info::<std::net::SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    let there = admin.at(&url);
    let body = json!({"name": "mail", "kind": "email", "address": "ops@example.com"});
    let refused = there.post("/api/channels", body).await.expect(503);
    assert!(refused["error"].as_str().unwrap().contains("nothing was done"), "{refused}");
    let login = json!({"username": "admin", "password": system_tests::steward::ADMIN_PASSWORD});
    there.post("/api/auth/login", login).await.expect(503);
    assert_eq!(there.get("/api/channels").await.ok()["channels"], json!([]));
    server.abort();
}

/// A queue that takes nothing.
#[derive(Debug)]
struct Deaf;

#[async_trait::async_trait]
impl domain::ports::Queue for Deaf {
    async fn send(&self, _: QueueName, _: &domain::jobs::Job, _: Duration) -> Result<(), domain::ports::QueueError> {
        Err(domain::ports::QueueError("it is away".into()))
    }

    async fn receive(
        &self,
        _: QueueName,
        _: usize,
        _: Duration,
    ) -> Result<Vec<domain::ports::Delivery>, domain::ports::QueueError> {
        Ok(Vec::new())
    }

    async fn delete(&self, _: QueueName, _: &str) -> Result<(), domain::ports::QueueError> {
        Ok(())
    }

    async fn waiting(&self, _: QueueName) -> Result<Vec<domain::jobs::Job>, domain::ports::QueueError> {
        Ok(Vec::new())
    }

    async fn dead_letters(&self, _: QueueName, _: usize) -> Result<Vec<domain::jobs::Job>, domain::ports::QueueError> {
        Ok(Vec::new())
    }

    async fn ready(&self, _: QueueName) {}
}
