use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::{JoinHandle, JoinSet};

/// How often a visitor comes: fifty times a second.
const EVERY: Duration = Duration::from_millis(20);

/// Somebody who asks a site fifty times a second, each time over a new connection, and checks the certificate wholly.
#[derive(Debug)]
pub struct Visitor {
    asks: JoinHandle<()>,
    seen: Arc<Mutex<Seen>>,
    began: Instant,
}

#[derive(Debug, Default)]
struct Seen {
    answers: usize,
    failures: Vec<String>,
}

impl Visitor {
    /// Starts to ask `name` at an address, trusting one root.
    pub fn start(name: &str, address: SocketAddr, root_pem: &str) -> Self {
        let root = reqwest::Certificate::from_pem(root_pem.as_bytes()).unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([root])
            .resolve(name, address)
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(5))
            .build()
            .unwrap();
        let url = format!("https://{name}:{}/", address.port());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let noted = Arc::clone(&seen);
        let began = Instant::now();
        let asks = tokio::spawn(async move {
            let mut under_way = JoinSet::new();
            let mut ticks = tokio::time::interval(EVERY);
            loop {
                ticks.tick().await;
                while under_way.try_join_next().is_some() {}
                let (client, url, noted) = (client.clone(), url.clone(), Arc::clone(&noted));
                under_way.spawn(async move {
                    let answer = client.get(&url).send().await;
                    let mut seen = noted.lock().unwrap();
                    match answer {
                        // What the site says does not matter; that somebody with a good certificate says it does.
                        Ok(_) => seen.answers += 1,
                        Err(error) => seen.failures.push(format!("{:?} {error:?}", began.elapsed())),
                    }
                });
            }
        });
        Self { asks, seen, began }
    }

    /// Stops, and panics unless every single answer was good; how many there were, and over how long.
    #[track_caller]
    pub fn all_good(self) -> (usize, Duration) {
        self.asks.abort();
        let seen = self.seen.lock().unwrap();
        let took = self.began.elapsed();
        assert!(seen.failures.is_empty(), "{} of {} failed: {:#?}", seen.failures.len(), seen.answers, seen.failures);
        assert!(seen.answers > 0, "nothing was asked in {took:?}");
        (seen.answers, took)
    }
}
