//! The clock was a day ahead, and is set back: nothing waits for the day to pass.

use std::time::Duration;

use domain::entity;
use domain::ids::OperationId;
use domain::monitors::Monitor;
use domain::operations::{self, Leased, Operation, SWEEP_SCHEDULE};
use domain::ports::{Key, QueueName, Schedule, ScheduleName, When};
use serde_json::json;
use system_tests::steward::{Steward, StewardOptions, eventually};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn sweep_due(steward: &Steward) -> i64 {
    let row = steward.ctx.store.scan(&SCHEDULES, None).await.unwrap().items;
    let sweep = row.into_iter().find(|row| row["name"] == SWEEP_SCHEDULE).unwrap();
    sweep["at"].as_i64().unwrap()
}

/// As the embedded scheduler keeps them.
static SCHEDULES: domain::ports::Table = domain::ports::Table {
    name: "schedules",
    partition: domain::ports::Attribute::text("name"),
    sort: None,
    indexes: &[],
    ttl: None,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_sweep_and_what_waits_on_a_queue_go_on_at_once() {
    let steward = Steward::start(StewardOptions::default()).await;
    steward.clock.advance(DAY);
    let ahead = steward.ctx.clock.now().as_millisecond();
    eventually("a sweep a day ahead", async || (sweep_due(&steward).await > ahead).then_some(())).await;
    // A job that is to wait for a minute.
    let job = steward.plant_open_operation(1).await;
    let row = entity::load::<Operation>(steward.ctx.store.as_ref(), Key::of(job)).await.unwrap().value;
    operations::send_after(steward.ctx.queue.as_ref(), &row, Duration::from_secs(3600)).await;
    steward.clock.set_back(DAY);
    eventually("a sweep within its rate", async || {
        let left = sweep_due(&steward).await - steward.ctx.clock.now().as_millisecond();
        (left <= 60_000).then_some(())
    })
    .await;
    eventually("the job", async || {
        let row = entity::load::<Operation>(steward.ctx.store.as_ref(), Key::of(job)).await.unwrap().value;
        (!row.is_open()).then_some(())
    })
    .await;
}

/// What a process that starts after the clock was set back finds.
#[tokio::test(flavor = "multi_thread")]
async fn a_rate_that_is_set_again_is_no_further_off_than_itself() {
    let steward = Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let rate = || Schedule {
        name: ScheduleName(SWEEP_SCHEDULE.into()),
        when: When::Every(Duration::from_secs(60)),
        queue: QueueName::Issuer,
        job: domain::jobs::Job::Sweep,
    };
    steward.clock.advance(DAY);
    steward.ctx.scheduler.set(rate()).await.unwrap();
    steward.clock.set_back(DAY);
    steward.ctx.scheduler.set(rate()).await.unwrap();
    let left = sweep_due(&steward).await - steward.ctx.clock.now().as_millisecond();
    assert!(left <= 60_000, "{left} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_leases_and_monitors_do_not_wait_for_the_day() {
    let steward = Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let ctx = &steward.ctx;
    steward.clock.advance(DAY);
    let admin = steward.admin().await;
    let (paused, leased) = (steward.plant_open_operation(1).await, steward.plant_open_operation(1).await);
    let take = async |id: i64| operations::take(ctx, OperationId(id), Duration::from_secs(90)).await.unwrap();
    let Leased::Ours(mut row) = take(paused).await else { panic!("it is free") };
    row.value.pause(Duration::from_secs(60), None, ctx.clock.now());
    row.save(ctx.store.as_ref()).await.unwrap();
    assert!(matches!(take(leased).await, Leased::Ours(_)));
    let body = json!({"domain": "www.example.com", "port": 1, "ip_address": "127.0.0.1", "interval_minutes": 5});
    let monitor = admin.post("/api/monitors", body).await.expect(201)["id"].as_i64().unwrap();
    steward.clock.set_back(DAY);
    for id in [paused, leased] {
        assert!(matches!(take(id).await, Leased::Ours(_)), "operation {id} waits for the day");
    }
    domain::monitors::realign(ctx).await.unwrap();
    let row = entity::load::<Monitor>(ctx.store.as_ref(), Key::of(monitor)).await.unwrap().value;
    let left = row.next_check.unwrap().duration_since(ctx.clock.now()).as_secs();
    assert!(left <= 5 * 60, "{left} s");
}

/// Operations that have ended go after 90 days, those of earlier versions too.
#[tokio::test(flavor = "multi_thread")]
async fn operations_that_ended_are_kept_for_90_days() {
    let steward = Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let (ctx, ended) = (&steward.ctx, steward.plant_operation(1).await);
    let open = steward.plant_open_operation(1).await;
    let expires = async |id: i64| {
        let row = ctx.store.get(&operations::OPERATIONS, Key::of(id)).await.unwrap().unwrap();
        row.get("expires_at").and_then(serde_json::Value::as_i64)
    };
    let days = (expires(ended).await.unwrap() - ctx.clock.now().as_second()) as f64 / 86_400.0;
    assert!((89.9..90.1).contains(&days), "{days}");
    assert_eq!(expires(open).await, None);
    // One that was written before there was a time to live.
    let mut row = ctx.store.get(&operations::OPERATIONS, Key::of(ended)).await.unwrap().unwrap();
    row.remove("expires_at");
    let put =
        domain::ports::Write::Put { table: &operations::OPERATIONS, item: row, expect: domain::ports::Expect::Any };
    ctx.store.write(put).await.unwrap();
    domain::repair::repair(ctx).await.unwrap();
    assert!(expires(ended).await.is_some());
}
