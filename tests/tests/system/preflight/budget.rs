//! The local ledger of a CA's limits.

use std::time::Duration;

use domain::acme::budget::{self, Purpose};
use domain::acme::{Provider, find_provider};
use domain::ids::AccountId;
use domain::names::DomainName;
use domain::{Context, Error};
use serde_json::{Value, json};
use system_tests::steward::{Steward, StewardOptions};

use super::report;

fn names(texts: &[&str]) -> Vec<DomainName> {
    texts.iter().map(|text| DomainName::parse("domain", text).unwrap()).collect()
}

async fn provider(ctx: &Context, name: &str) -> Provider {
    find_provider(ctx.store.as_ref(), "issuer", name).await.unwrap()
}

fn retry_after(result: Result<(), Error>) -> u64 {
    match result {
        Err(Error::TooMany { retry_after, message }) => {
            assert!(message.contains("the CA allows"), "{message}");
            retry_after
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_kept_before_the_ca_is_asked_and_refills() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (ctx, account) = (&steward.ctx, AccountId(1));
    let le = provider(ctx, "letsencrypt").await;
    let shop = names(&["shop.example.com", "*.shop.example.com"]);
    for _ in 0..5 {
        budget::spend(ctx, &le, account, &shop, Purpose::New).await.unwrap();
        budget::issued(ctx, &le, &shop, Purpose::New).await.unwrap();
    }
    // Five of the same names in a week: the next is free after a fifth of it.
    let wait = retry_after(budget::spend(ctx, &le, account, &shop, Purpose::New).await);
    assert!((120_000..=120_960 + 1).contains(&wait), "{wait}");
    retry_after(budget::spend(ctx, &le, account, &shop, Purpose::Renewal).await);
    budget::spend(ctx, &le, account, &shop, Purpose::AriRenewal).await.unwrap();
    budget::spend(ctx, &le, account, &names(&["other.example.com"]), Purpose::New).await.unwrap();
    steward.clock.advance(Duration::from_secs(wait));
    budget::spend(ctx, &le, account, &shop, Purpose::New).await.unwrap();

    // Fifty below one registered domain, whatever their names; another domain has its own.
    for n in 0..50 {
        budget::issued(ctx, &le, &names(&[&format!("n{n}.example.com")]), Purpose::New).await.unwrap();
    }
    retry_after(budget::spend(ctx, &le, account, &names(&["new.example.com"]), Purpose::New).await);
    budget::spend(ctx, &le, account, &names(&["new.example.com"]), Purpose::Renewal).await.unwrap();
    budget::spend(ctx, &le, account, &names(&["new.example.co.uk"]), Purpose::New).await.unwrap();

    for _ in 0..5 {
        budget::failed_validation(ctx, &le, account, "bad.example.org").await.unwrap();
    }
    let wait = retry_after(budget::spend(ctx, &le, account, &names(&["bad.example.org"]), Purpose::New).await);
    assert!(wait <= 720, "{wait}");
    budget::spend(ctx, &le, AccountId(2), &names(&["bad.example.org"]), Purpose::New).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_at_once_never_get_over_the_limit() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let limits = json!([{"kind": "new_orders", "of": 10, "perSeconds": 3600}]);
    let new = json!({"name": "office-ca", "directoryUrl": "https://ca.office.example/dir", "limits": limits});
    admin.post("/api/v1/acme/providers/create", new).await.ok();
    let (ctx, office) = (&steward.ctx, provider(&steward.ctx, "office-ca").await);
    let orders = (0..40).map(|n| {
        let office = &office;
        async move {
            let order = names(&[&format!("n{n}.example.com")]);
            loop {
                match budget::spend(ctx, office, AccountId(1), &order, Purpose::New).await {
                    Err(Error::Conflict(_)) => {}
                    other => return other.is_ok(),
                }
            }
        }
    });
    let spent = futures_util::future::join_all(orders).await.into_iter().filter(|spent| *spent).count();
    assert_eq!(spent, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_used_is_shown() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let (ctx, id) = (&steward.ctx, steward.plant_account(1).await);
    let le = provider(ctx, "letsencrypt").await;
    budget::spend(ctx, &le, AccountId(id), &names(&["www.example.com"]), Purpose::New).await.unwrap();
    budget::issued(ctx, &le, &names(&["www.example.com"]), Purpose::New).await.unwrap();
    let body =
        json!({"domain": "shop.example.com", "alt_domains": ["example.org"], "account_id": id, "challenge": "http"});
    let shown = report(&admin, body).await;
    let used = |limit: &str| -> Value {
        let all = shown["budget"].as_array().unwrap();
        let found = all.iter().find(|found| found["limit"] == limit).unwrap();
        json!([found["subject"], found["used"], found["of"], found["per_seconds"], found["resets_at"].is_string()])
    };
    assert_eq!(used("new_orders"), json!([format!("account {id}"), 1, 300, 10800, true]));
    assert_eq!(used("certificates_per_domain"), json!(["example.com", 1, 50, 604800, true]));
    assert_eq!(used("certificates_per_names"), json!(["example.org,shop.example.com", 0, 5, 604800, false]));
    assert_eq!(used("failed_validations")[1], 0);

    let new = json!({"name": "office-ca", "directoryUrl": "https://ca.office.example/dir"});
    admin.post("/api/v1/acme/providers/create", new).await.ok();
    let shown = report(&admin, json!({"domain": "example.com", "issuer": "office-ca", "challenge": "http"})).await;
    assert_eq!(shown["budget"], json!([]));
}
