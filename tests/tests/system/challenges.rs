//! `GET /.well-known/acme-challenge/{token}` (RFC 8555 §8.3)

use std::time::Duration;

use domain::http_challenges;
use domain::ids::OperationId;
use system_tests::steward::{Steward, StewardOptions};

const TOKEN: &str = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_finds_exactly_the_key_authorization() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (ctx, nobody) = (&steward.ctx, steward.client());
    let path = format!("/.well-known/acme-challenge/{TOKEN}");
    nobody.get(&path).await.expect(404);
    let answer = format!("{TOKEN}.thumbprint");
    http_challenges::publish(ctx, OperationId(1), TOKEN, &answer).await.unwrap();
    http_challenges::publish(ctx, OperationId(1), TOKEN, &answer).await.unwrap();
    http_challenges::publish(ctx, OperationId(2), "of-another", "x").await.unwrap();
    // Whoever runs a CA can send a token of another order's: it stays with that one.
    let taken = http_challenges::publish(ctx, OperationId(2), TOKEN, "of-another").await.unwrap_err();
    assert!(matches!(taken, domain::Error::Conflict(_)), "{taken}");
    steward.store.take();
    let reply = nobody.get(&path).await;
    assert_eq!((reply.status.as_u16(), reply.bytes), (200, answer.into_bytes()));
    assert_eq!(reply.headers["content-type"], "text/plain");
    assert_eq!(steward.store.take(), ["get http_challenges"]);

    http_challenges::remove(ctx, OperationId(1)).await.unwrap();
    http_challenges::remove(ctx, OperationId(1)).await.unwrap();
    nobody.get(&path).await.expect(404);
    nobody.get("/.well-known/acme-challenge/of-another").await;
    assert_eq!(nobody.get("/.well-known/acme-challenge/of-another").await.status, 200);
    steward.clock.advance(Duration::from_secs(9 * 24 * 60 * 60));
    nobody.get("/.well-known/acme-challenge/of-another").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_is_not_looked_up() {
    let steward = Steward::start(StewardOptions::default()).await;
    let nobody = steward.client();
    steward.store.take();
    for token in ["..%2f..%2fetc", "a.b", "a%20b", "%00", &"a".repeat(129), "t%C3%B6ken"] {
        let reply = nobody.get(&format!("/.well-known/acme-challenge/{token}")).await;
        assert!(matches!(reply.status.as_u16(), 400 | 404), "{token}: {}", reply.status);
    }
    assert_eq!(steward.store.take(), Vec::<String>::new());
}
