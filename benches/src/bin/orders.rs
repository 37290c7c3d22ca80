//! How long an order takes from verified to issued, at Pebble in strict mode on this machine.
//!
//! `cargo run --release -p benches --bin orders -- [orders [at once [percent of nonces refused]]]`, 60, 1 and 5 unless
//! given. The time runs from the answer to `verify` until a caller who asks every 10 ms reads `succeeded`; the requests
//! are those that Pebble counts between the first order and the last certificate, with the order's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use benches::Percentiles;
use serde_json::Value;
use system_tests::peers::{PebbleOptions, available};
use system_tests::steward::Lab;
use tokio::task::JoinSet;

/// An order that takes longer counts as not issued.
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>().ok());
    let mut argument = |default| arguments.next().flatten().unwrap_or(default);
    let (orders, at_once, refused) = (argument(60), argument(1).max(1), argument(5).min(100));
    if !available(&["pebble", "pebble-challtestsrv"]) {
        return;
    }
    let nonce_reject = u8::try_from(refused).unwrap_or(100);
    let lab = Arc::new(Lab::start(PebbleOptions { nonce_reject, ..PebbleOptions::default() }).await);
    let (before, next) = (lab.pebble.requests(), Arc::new(AtomicUsize::new(0)));
    let mut callers = JoinSet::new();
    for _ in 0..at_once {
        let (lab, next) = (Arc::clone(&lab), Arc::clone(&next));
        callers.spawn(async move {
            let mut times = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= orders {
                    return times;
                }
                times.extend(order(&lab, &format!("bench{n}.example")).await);
            }
        });
    }
    let issued = callers.join_all().await.concat();
    let mut times = Percentiles::default();
    issued.iter().for_each(|time| times.push(*time));
    let requests = lab.pebble.requests() - before;
    println!("{} of {orders} orders issued, {at_once} at once, {refused} % of good nonces refused", issued.len());
    println!("verify → issued   {times}");
    println!("ACME requests per certificate: {}.{:02}", requests / orders, requests % orders * 100 / orders);
}

/// Orders one certificate; the time from verified to issued, or nothing when it is not issued.
async fn order(lab: &Lab, name: &str) -> Option<Duration> {
    let ordered = lab.order(&[name]).await;
    lab.make_records(&ordered).await;
    let operation = lab.verify(ordered["id"].as_i64()?).await;
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        let shown = lab.admin.get(&format!("/api/operations/{operation}")).await.ok();
        match shown["state"].as_str() {
            Some("succeeded") => return Some(start.elapsed()),
            Some("failed") => return failed(&shown),
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    None
}

fn failed(operation: &Value) -> Option<Duration> {
    eprintln!("not issued: {operation}");
    None
}
