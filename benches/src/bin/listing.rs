//! A user with 10,000 certificates: how long a page and a search take over HTTP, and how many store calls each makes.
//!
//! `cargo run --release -p benches --bin listing`

use std::time::Instant;

use benches::Percentiles;
use domain::certificates::{Certificate, KeyType, State};
use domain::ids::{AccountId, CertificateId, UserId};
use domain::names::DomainName;
use domain::{counter, entity};
use system_tests::steward::{Steward, StewardOptions};

const CERTIFICATES: i64 = 10_000;
const ROUNDS: usize = 300;
/// What the issue of the first release allows.
const CALLS_MAX: usize = 3;

#[tokio::main]
async fn main() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    fill(&steward).await;
    println!("{CERTIFICATES} certificates of one user, {ROUNDS} requests each");
    for (what, query) in [
        ("first page of 20", "?per_page=20"),
        ("page 100 of 50", "?per_page=50&page=100"),
        ("last page of 50", "?per_page=50&page=200"),
        ("search, one match", "?search=shop-7777."),
        ("search, 1,000 matches", "?search=customer+7"),
        ("search, none", "?search=nobody-has-this"),
    ] {
        let path = format!("/api/certificates{query}");
        let mut times = Percentiles::default();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let reply = admin.get(&path).await;
            times.push(begun.elapsed());
            reply.ok();
        }
        steward.store.take();
        let total = admin.get(&path).await.ok()["total"].clone();
        let calls = steward.store.take();
        println!("{what:22} {times}   total {total}   store calls {}", calls.len());
        assert!(calls.len() <= CALLS_MAX, "{what}: {calls:?}");
    }
    steward.stop().await;
}

/// Writes the rows as ordering them would have.
async fn fill(steward: &Steward) {
    let (store, now) = (steward.ctx.store.as_ref(), domain::ports::Clock::now(steward.clock.as_ref()));
    let owner = UserId(1);
    for first in (1..=CERTIFICATES).step_by(50) {
        let rows = first..(first + 50).min(CERTIFICATES + 1);
        let mut writes: Vec<_> = rows
            .clone()
            .map(|id| {
                let domain = DomainName::parse("domain", &format!("shop-{id}.customers.example.com")).unwrap();
                let certificate = Certificate {
                    id: CertificateId(id),
                    owner,
                    domain,
                    alt_domains: Vec::new(),
                    issuer: "letsencrypt".into(),
                    account: AccountId(1),
                    key_type: KeyType::EcP256,
                    note: format!("customer {}", id % 10),
                    method: Default::default(),
                    profile: None,
                    reuse_key: false,
                    auto_renew: true,
                    version: 0,
                    renewal: None,
                    order: None,
                    state: State::Unissued,
                    created_at: now,
                    updated_at: now,
                };
                entity::insert(&certificate).unwrap()
            })
            .collect();
        writes.push(counter::add(&Certificate::total(owner), rows.end - rows.start));
        store.transact(writes).await.unwrap();
    }
}
