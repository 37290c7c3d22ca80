//! What takes the process down is not tried for ever, and takes nobody with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::Context;
use domain::entity;
use domain::ids::OperationId;
use domain::jobs::Job;
use domain::operations::{self, Leased, Next, Operation};
use domain::ports::{DnsAccess, DnsWriteError, DnsWriter, Key, QueueName, TxtChange};
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::Bind;
use system_tests::steward::{Client, Steward, StewardOptions, Worker, eventually};

async fn idle() -> Steward {
    Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await
}

async fn operation(steward: &Steward, id: i64) -> Operation {
    entity::load::<Operation>(steward.ctx.store.as_ref(), Key::of(id)).await.unwrap().value
}

/// A worker takes the operation up, and its process ends.
async fn die_at(ctx: &Context, id: i64) {
    let taken = operations::take(ctx, OperationId(id), Duration::from_secs(90)).await.unwrap();
    assert!(matches!(taken, Leased::Ours(_)), "{taken:?}");
    operations::recover(ctx).await.unwrap();
}

/// Begins a test of a credential; its operation.
async fn begin(caller: &Client, credential: i64) -> i64 {
    let begun = caller.post(&format!("/api/dns-credentials/{credential}/test"), json!({})).await.expect(202);
    begun["operation_id"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_the_process_twice_is_not_tried_a_third_time() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let credential = steward.plant_dns_credential(1).await;
    let id = begin(&admin, credential).await;
    die_at(&steward.ctx, id).await;
    assert!(
        operations::is_suspect(&steward.ctx, &Job::TestDnsCredential { operation: OperationId(id) }).await.unwrap()
    );
    die_at(&steward.ctx, id).await;
    let next = issuer::handle(&steward.ctx, &Job::TestDnsCredential { operation: OperationId(id) }).await.unwrap();
    assert_eq!(next, Next::Done);
    let shown = admin.get(&format!("/api/operations/{id}")).await.ok();
    assert_eq!(shown["state"], "failed", "{shown}");
    assert!(shown["error"].as_str().unwrap().contains("set aside: Steward ended 2 times"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_got_on_between_or_was_stopped_in_good_order_goes_on() {
    let steward = idle().await;
    let (ctx, id) = (&steward.ctx, steward.plant_open_operation(1).await);
    for _ in 0..3 {
        die_at(ctx, id).await;
        let Leased::Ours(mut row) = operations::take(ctx, OperationId(id), Duration::from_secs(90)).await.unwrap()
        else {
            panic!("it is free")
        };
        // It records something, and is stopped as SIGTERM does.
        row.value.pause(Duration::ZERO, None, ctx.clock.now());
        row.save(ctx.store.as_ref()).await.unwrap();
        for _ in 0..3 {
            operations::take(ctx, OperationId(id), Duration::from_secs(90)).await.unwrap();
            operations::give_back(ctx).await.unwrap();
        }
    }
    assert_eq!(operation(&steward, id).await.unfinished, 0);
    issuer::handle(ctx, &Job::Purge { operation: OperationId(id) }).await.unwrap();
    assert!(operation(&steward, id).await.error.is_none());
}

/// A writer that panics for one zone, and counts how many are at work in the others.
#[derive(Debug, Default)]
struct Faulty {
    at_work: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl DnsWriter for Faulty {
    fn check(&self, _: &DnsAccess) -> Result<(), DnsWriteError> {
        Ok(())
    }

    async fn write(&self, _: &DnsAccess, change: &TxtChange) -> Result<(), DnsWriteError> {
        assert!(!change.zone.contains("panic"), "a fault of the provider's client");
        let now = self.at_work.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.at_work.fetch_sub(1, Ordering::SeqCst);
        Err(DnsWriteError::Refused("no".into()))
    }
}

async fn credential(caller: &Client, zone: &str) -> i64 {
    let fields = json!({"server": "192.0.2.53", "key_name": "k", "key": "c2VjcmV0c2VjcmV0c2VjcmV0"});
    let body = json!({"name": "x", "provider": "rfc2136", "fields": fields, "zone": zone});
    caller.post("/api/dns-credentials", body).await.expect(201)["id"].as_i64().unwrap()
}

async fn failed(caller: &Client, id: i64) -> Value {
    eventually(&format!("the end of operation {id}"), async || {
        let shown = caller.get(&format!("/api/operations/{id}")).await.ok();
        (shown["state"] == "failed").then_some(shown)
    })
    .await
}

/// One that asks a name server with the zones of these tests.
async fn beside_bind() -> (Bind, Steward) {
    let names = ["panic.example", "good.example", "s0.example", "s1.example", "s2.example", "s3.example"];
    let bind = Bind::start(&names.map(|name| (name, ""))).await;
    let options = StewardOptions { idle: true, dns: Some(bind.dns_addr()), ..StewardOptions::default() };
    (bind, Steward::start(options).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_fails_its_operation_and_nobody_elses() {
    need!("named");
    let (_bind, steward) = beside_bind().await;
    let (anna, ben) = (steward.user("anna").await, steward.user("ben").await);
    let (bad, good) = (credential(&anna, "panic.example").await, credential(&ben, "good.example").await);
    let ctx = Context { zones: Arc::new(Faulty::default()), ..steward.ctx.clone() };
    let _worker = Worker::start(&ctx);
    let bad = begin(&anna, bad).await;
    let good = begin(&ben, good).await;
    let shown = failed(&anna, bad).await;
    assert!(shown["error"].as_str().unwrap().contains("set aside"), "{shown}");
    assert!(failed(&ben, good).await["error"].as_str().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_on_lambda_is_caught_and_counted_per_job() {
    let steward = idle().await;
    let (bad, good) = (steward.plant_open_operation(1).await, steward.plant_open_operation(1).await);
    let body = |id: i64| json!({"job": "purge", "operation": id}).to_string();
    let batch = json!({"Records": [
        {"messageId": "bad", "body": body(bad)},
        {"messageId": "good", "body": body(good)},
        {"messageId": "sweep", "body": json!({"job": "sweep"}).to_string()},
    ]});
    let handle = async |ctx: &Context, job: &Job| {
        if job.operation() == Some(OperationId(bad)) {
            let taken = operations::take(ctx, OperationId(bad), Duration::from_secs(90)).await.unwrap();
            match taken {
                Leased::Ours(row) if row.value.set_aside().is_none() => panic!("a fault"),
                _ => return issuer::handle(ctx, job).await,
            }
        }
        assert!(*job != Job::Sweep, "a fault without an operation");
        issuer::handle(ctx, job).await
    };
    let batch = serde_json::from_value(batch).unwrap();
    for expected in [1, 2] {
        let answer = lambda::batch(&steward.ctx, QueueName::Issuer, &handle, &batch, Duration::from_secs(5)).await;
        let answer = serde_json::to_value(&answer).unwrap();
        assert_eq!(answer["batchItemFailures"], json!([{"itemIdentifier": "sweep"}]));
        assert_eq!(operation(&steward, bad).await.unfinished, expected);
    }
    assert!(!operation(&steward, good).await.is_open());
    issuer::handle(&steward.ctx, &Job::Purge { operation: OperationId(bad) }).await.unwrap();
    let row = operation(&steward, bad).await;
    assert!(row.error.as_deref().unwrap_or_default().contains("set aside"), "{row:?}");
}

/// Those whose last attempt ended with the process are worked on one at a time.
#[tokio::test(flavor = "multi_thread")]
async fn suspects_work_alone() {
    need!("named");
    let (_bind, steward) = beside_bind().await;
    let admin = steward.admin().await;
    let mut operations = Vec::new();
    for n in 0..4 {
        let credential = credential(&admin, &format!("s{n}.example")).await;
        let id = begin(&admin, credential).await;
        let taken = operations::take(&steward.ctx, OperationId(id), Duration::from_secs(90)).await.unwrap();
        assert!(matches!(taken, Leased::Ours(_)));
        operations.push(id);
    }
    operations::recover(&steward.ctx).await.unwrap();
    let faulty = Arc::new(Faulty::default());
    let ctx = Context { zones: faulty.clone(), ..steward.ctx.clone() };
    let _worker = Worker::start(&ctx);
    for id in operations {
        failed(&admin, id).await;
    }
    assert_eq!(faulty.most.load(Ordering::SeqCst), 1, "{faulty:?}");
}
