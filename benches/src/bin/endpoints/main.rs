//! A thousand TLS endpoints looked at: the CPU of each look, beside a plain Python loop over the same, and what a tenth
//! of them costs that says nothing.
//!
//! `cargo run --release -p benches --bin endpoints`; the endpoints are in a process of their own, at a thousand addresses
//! of 127.1.0.0/16.

mod cpu;
mod python;
mod server;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ids::{MonitorId, UserId};
use domain::monitors::{Host, IpType, Look, Monitor, Target, look};
use domain::targets::TargetPolicy;
use jiff::Timestamp;
use probe::RustlsProber;
use system::SystemClock;

use cpu::cpu;
use server::Server;

const ENDPOINTS: u16 = 1000;
/// What the issue allows.
const CPU_MAX: Duration = Duration::from_micros(1500);
/// How long one endpoint may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// What a machine that does other things may add.
const SLACK: Duration = Duration::from_secs(2);

fn address(n: u16) -> IpAddr {
    let [high, low] = n.to_be_bytes();
    Ipv4Addr::new(127, 1, high, low).into()
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return server::serve();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let server = Server::start();
    let prober = RustlsProber::new(TargetPolicy::new(vec!["127.0.0.0/8".parse().unwrap()]), Arc::new(SystemClock));
    // What is loaded once is not a look's.
    all(&prober, &server, 0..50, server.port).await;

    let (cpu_before, begun) = (cpu(), Instant::now());
    let looks = all(&prober, &server, 0..ENDPOINTS, server.port).await;
    let (cpu_each, alive) = ((cpu() - cpu_before) / u32::from(ENDPOINTS), begun.elapsed());
    assert!(looks.iter().all(|look| look.seen().is_some_and(|seen| seen.untrusted.is_none())), "{:?}", looks[0]);
    println!("{ENDPOINTS} endpoints: {:.2} ms CPU each, {:.2} s in all", ms(cpu_each), alive.as_secs_f64());

    match python::cpu_each(&server, (0..ENDPOINTS).map(address)) {
        Some(each) => println!("a plain Python loop over the same: {:.2} ms CPU each", ms(each)),
        None => println!("no python3 here to compare with"),
    }

    let begun = Instant::now();
    let (dead, living) = tokio::join!(
        all(&prober, &server, 0..ENDPOINTS / 10, server.silent_port),
        all(&prober, &server, ENDPOINTS / 10..ENDPOINTS, server.port),
    );
    let with_dead = begun.elapsed();
    assert!(dead.iter().all(|look| look.failure().is_some()) && living.iter().all(|look| look.seen().is_some()));
    println!("a tenth of them silent: {:.2} s in all", with_dead.as_secs_f64());

    assert!(cpu_each <= CPU_MAX, "{cpu_each:?} of CPU for a look");
    assert!(with_dead <= alive + TIMEOUT + SLACK, "{with_dead:?} with dead ones, {alive:?} without");
}

/// Looks at these at once.
async fn all(prober: &RustlsProber, server: &Server, which: std::ops::Range<u16>, port: u16) -> Vec<Look> {
    let monitors: Vec<_> = which.map(|n| monitor(address(n), port, &server.root_pem)).collect();
    let looks = futures_util::future::join_all(monitors.iter().map(|monitor| look(prober, monitor))).await;
    looks.into_iter().flatten().collect()
}

fn monitor(address: IpAddr, port: u16, root_pem: &str) -> Monitor {
    let now = Timestamp::now();
    Monitor {
        id: MonitorId(1),
        owner: UserId(1),
        domain: Host::parse("domain", server::NAME).unwrap(),
        port,
        target: Target { ip_type: IpType::Pinned, addresses: vec![address] },
        starttls: None,
        root_ca_pem: Some(root_pem.to_owned()),
        interval_minutes: 360,
        is_active: true,
        note: String::new(),
        looks: Vec::new(),
        fingerprints: Vec::new(),
        failures: 0,
        link: None,
        last_check: None,
        next_check: None,
        stopped: None,
        created_at: now,
        updated_at: now,
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
