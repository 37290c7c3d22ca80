//! Issuing beside lego, uacme and certbot, at the same Pebble: ACME requests, and processor time of the client, for
//! each certificate.
//!
//! `cargo build --release && cargo run --release -p benches --bin issuing -- [certificates]`, 20 of each unless given. All
//! prove one name by http-01, with an account that is there already and a key of P-256. Steward is the program `steward`:
//! it is given all orders, as at a renewal, and its time is that of the whole process, API, store and workers included.
//! The others are started once for each certificate.

mod cpu;
mod others;
mod steward;

use system_tests::peers::available;

use crate::others::{certbot, lego, uacme};

/// What one client needed.
struct Cost {
    client: &'static str,
    certificates: usize,
    requests: usize,
    cpu_ms: u64,
}

impl Cost {
    fn print(&self) {
        let n = self.certificates.max(1);
        let (requests, cpu) = (self.requests as f64 / n as f64, self.cpu_ms as f64 / n as f64);
        println!("{:<10} {:>12} {requests:>21.2} {cpu:>18.1} ms", self.client, self.certificates);
    }
}

#[tokio::main]
async fn main() {
    let certificates = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(20);
    if !available(&["pebble", "pebble-challtestsrv"]) {
        return;
    }
    println!("{:<10} {:>12} {:>21} {:>21}", "client", "certificates", "requests/certificate", "CPU/certificate");
    steward::measure(certificates).await.print();
    for (program, client) in [("lego", lego as others::Client), ("uacme", uacme), ("certbot", certbot)] {
        match available(&[program]) {
            true => others::measure(program, client, certificates).await.print(),
            false => println!("{program:<10} is not installed"),
        }
    }
}
