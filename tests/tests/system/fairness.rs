//! One owner does not stop the others.

use std::time::{Duration, Instant};

use domain::ids::{OperationId, UserId};
use domain::jobs::Job;
use domain::ports::{QueueName, Room};
use serde_json::json;
use system_tests::need;
use system_tests::peers::{Hostile, Manner, PebbleOptions};
use system_tests::steward::{Client, Lab, Steward, StewardOptions, eventually};

/// So many orders has the one whose provider is dead.
const ORDERS: usize = 150;
/// What is too short to be told from noise.
const FLOOR: Duration = Duration::from_secs(8);

/// Orders, proves and waits; how long that took.
async fn issue(lab: &Lab, caller: &Client, name: &str) -> Duration {
    let start = Instant::now();
    let body = json!({"domain": name, "issuer": "pebble"});
    let ordered = caller.post("/api/certificates", body).await.expect(201);
    lab.make_records(&ordered).await;
    let path = format!("/api/certificates/{}", ordered["id"]);
    caller.post(&format!("{path}/verify"), json!({})).await.ok();
    eventually(&format!("the certificate of {name}"), async || {
        let status = caller.get(&path).await.ok()["status"].clone();
        assert_ne!(status, "failed");
        (status == "issued").then_some(())
    })
    .await;
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_beside_150_at_a_dead_provider_takes_no_longer() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let (anna, ben) = (lab.steward.user("anna").await, lab.steward.user("ben").await);
    lab.account(&anna, "anna@example.com").await;
    lab.account(&ben, "ben@example.com").await;
    let mut undisturbed = Duration::ZERO;
    for n in 0..3 {
        undisturbed = undisturbed.max(issue(&lab, &ben, &format!("ben{n}.example")).await);
    }

    let dead = Hostile::start(Manner::Silent).await;
    let fields = json!({"url": format!("http://{}", dead.address()), "api_key": "annas-key"});
    let body = json!({"name": "dead", "provider": "pdns", "fields": fields, "zone": "anna.example"});
    let credential = anna.post("/api/dns-credentials", body).await.expect(201)["id"].clone();
    let order = |n: usize| {
        json!({"domain": format!("n{n}.anna.example"), "issuer": "pebble", "challenge": "dns",
            "dns_credential_id": credential})
    };
    let start = Instant::now();
    for n in 0..ORDERS {
        anna.post("/api/certificates", order(n)).await.expect(201);
    }
    println!("{ORDERS} orders at a dead provider in {:?}", start.elapsed());
    eventually("the first at the provider", async || (!dead.heard().is_empty()).then_some(())).await;

    let mut disturbed = Duration::ZERO;
    for n in 3..6 {
        disturbed = disturbed.max(issue(&lab, &ben, &format!("ben{n}.example")).await);
    }
    println!("undisturbed {undisturbed:?}, beside {ORDERS} orders {disturbed:?}");
    assert!(disturbed <= (2 * undisturbed).max(FLOOR), "{undisturbed:?} alone, {disturbed:?} beside {ORDERS} orders");

    // An order of hers elsewhere ends as well, though her provider keeps some of her slots.
    let own = tokio::time::timeout(Duration::from_secs(60), issue(&lab, &anna, "elsewhere.example")).await;
    println!("her own order elsewhere: {own:?}");
    let shown = ben.get("/api/certificates").await.ok();
    assert!(!shown.to_string().contains("anna"), "{shown}");
}

/// The jobs of an owner without room are passed over, however many there are and however long they have waited.
#[tokio::test(flavor = "multi_thread")]
async fn a_queue_gives_out_what_there_is_room_for() {
    let steward = Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let queue = steward.ctx.queue.as_ref();
    let job = |number: i64| Job::Purge { operation: OperationId(number) };
    let send = async |owner: i64, number: i64| {
        queue.send_for(UserId(owner), QueueName::Issuer, &job(number), Duration::ZERO).await.unwrap();
    };
    for number in 0..500 {
        send(1, number).await;
    }
    send(2, 1000).await;
    queue.send(QueueName::Issuer, &Job::Sweep, Duration::ZERO).await.unwrap();
    let full = |owner: Option<UserId>| if owner == Some(UserId(1)) { 0 } else { 5 };
    let room = Room { total: 10, of: &full };
    let start = Instant::now();
    queue.ready_fairly(QueueName::Issuer, &room).await;
    let taken = queue.receive_fairly(QueueName::Issuer, &room, Duration::from_secs(60)).await.unwrap();
    println!("two jobs behind 500 in {:?}", start.elapsed());
    let mut owners: Vec<_> = taken.iter().map(|delivery| delivery.owner).collect();
    owners.sort();
    assert_eq!(owners, [None, Some(UserId(2))]);
    // What nobody has room for is not ready; what comes for somebody else is, at once.
    let start = Instant::now();
    queue.ready_fairly(QueueName::Issuer, &room).await;
    assert!(start.elapsed() > Duration::from_millis(500), "{:?}", start.elapsed());
    let (ready, ()) = tokio::join!(
        async {
            let start = Instant::now();
            queue.ready_fairly(QueueName::Issuer, &room).await;
            start.elapsed()
        },
        async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            send(3, 2000).await;
        }
    );
    assert!(ready < Duration::from_millis(500), "{ready:?}");

    // Everybody gets an equal part of what is free.
    for number in 3000..3010 {
        send(2, number).await;
    }
    let any = |_: Option<UserId>| 100;
    let room = Room { total: 9, of: &any };
    let taken = queue.receive_fairly(QueueName::Issuer, &room, Duration::from_secs(60)).await.unwrap();
    let of = |owner: i64| taken.iter().filter(|delivery| delivery.owner == Some(UserId(owner))).count();
    assert_eq!((taken.len(), of(3)), (9, 1), "{taken:?}");
    assert!(of(1) >= 3 && of(2) >= 3, "{taken:?}");
}
