//! `GET /.well-known/acme-challenge/{token}` (RFC 8555 §8.3)

use std::time::Duration;

use domain::http_challenges::{self, Audience};
use domain::ids::{OperationId, UserId};
use system_tests::steward::{Steward, StewardOptions};

const TOKEN: &str = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_finds_exactly_the_key_authorization() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (ctx, nobody) = (&steward.ctx, steward.client());
    let path = format!("/.well-known/acme-challenge/{TOKEN}");
    nobody.get(&path).await.expect(404);
    let answer = format!("{TOKEN}.thumbprint");
    http_challenges::publish(ctx, OperationId(1), Audience::Everybody, TOKEN, &answer).await.unwrap();
    http_challenges::publish(ctx, OperationId(1), Audience::Everybody, TOKEN, &answer).await.unwrap();
    http_challenges::publish(ctx, OperationId(2), Audience::Everybody, "of-another", "x").await.unwrap();
    // Whoever runs a CA can send a token of another order's: it stays with that one.
    let taken =
        http_challenges::publish(ctx, OperationId(2), Audience::Everybody, TOKEN, "of-another").await.unwrap_err();
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

/// A site redirects to Steward for one owner: what another orders for it is not answered there.
#[tokio::test(flavor = "multi_thread")]
async fn a_site_answers_for_the_owner_that_it_trusts() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (ctx, nobody) = (&steward.ctx, steward.client());
    let (trusted, other) = (UserId(7), UserId(8));
    for (holder, owner, token) in [(1, trusted, "of-the-trusted"), (2, other, "of-the-other")] {
        let audience = Audience::SitesOf(owner);
        http_challenges::publish(ctx, OperationId(holder), audience, token, token).await.unwrap();
    }
    let site = |token: &str| format!("/.well-known/acme-challenge/{token}?site={}", http_challenges::mark(trusted));
    assert_eq!(nobody.get(&site("of-the-trusted")).await.bytes, b"of-the-trusted");
    nobody.get(&site("of-the-other")).await.expect(404);
    for token in ["of-the-trusted", "of-the-other"] {
        nobody.get(&format!("/.well-known/acme-challenge/{token}")).await.expect(404);
    }
}
