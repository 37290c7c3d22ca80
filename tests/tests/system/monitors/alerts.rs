use std::time::Duration;

use domain::alerts::{self, AlertState, Kind, Level};
use domain::ids::UserId;
use domain::list::PageRequest;
use serde_json::json;
use system_tests::need;
use system_tests::peers::TlsServer;
use system_tests::steward::Steward;

use super::authority::{Authority, Leaf};
use super::{check, idle, watch};

/// What was told so far, oldest first: the kind, how urgent, and whether it stands.
async fn told(steward: &Steward) -> Vec<(Kind, Level, &'static str)> {
    let request = PageRequest::new(None, Some(50), None, "per_page").unwrap();
    let alerts = alerts::list(steward.ctx.store.as_ref(), UserId(1), false, &request).await.unwrap().rows;
    let state = |state| match state {
        AlertState::Firing => "stands",
        AlertState::Over { .. } => "over",
        AlertState::Happened => "happened",
    };
    alerts.into_iter().rev().map(|alert| (alert.kind, alert.level, state(alert.state))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_for_each_crossing() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let server = TlsServer::start(&authority.sign(Leaf::default()), &[]).await;
    let id = watch(&admin, server.address(), &authority, json!({})).await;
    check(&admin, id).await;
    assert_eq!(told(&steward).await, []);

    // Another certificate, and soon over. A look that changes nothing tells nothing.
    let mut server = server.replaced(&authority.sign(Leaf { valid: (-80, 10), ..Leaf::default() })).await;
    check(&admin, id).await;
    check(&admin, id).await;
    let mut expected = vec![(Kind::Changed, Level::Info, "happened"), (Kind::Expiry, Level::Warning, "stands")];
    assert_eq!(told(&steward).await, expected);

    // One check that reaches nobody is none.
    server.stop();
    check(&admin, id).await;
    assert_eq!(told(&steward).await, expected);
    check(&admin, id).await;
    check(&admin, id).await;
    expected.push((Kind::Unreachable, Level::Critical, "stands"));
    assert_eq!(told(&steward).await, expected);

    // It is back, with a certificate for another name.
    let other = Leaf { names: vec!["other.example.com"], ..Leaf::default() };
    let server = server.replaced(&authority.sign(other)).await;
    check(&admin, id).await;
    expected[1].2 = "over";
    expected[2].2 = "over";
    expected.push((Kind::Changed, Level::Info, "happened"));
    expected.push((Kind::Untrusted, Level::Critical, "stands"));
    let mut seen = told(&steward).await;
    // Both were told of by one check, in no order that matters.
    seen.sort_by_key(|alert| format!("{alert:?}"));
    expected.sort_by_key(|alert| format!("{alert:?}"));
    assert_eq!(seen, expected);

    // A monitor that is deleted has nothing that stands.
    admin.delete(&format!("/api/monitors/{id}")).await.ok();
    assert!(told(&steward).await.iter().all(|(.., state)| *state != "stands"));
    drop(server);
}

/// Steward notifies the owner at each threshold before a certificate expires, by the clock alone.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_comes_nearer() {
    need!("openssl");
    let steward = idle().await;
    let authority = Authority::new();
    let server = TlsServer::start(&authority.sign(Leaf { valid: (-60, 40), ..Leaf::default() }), &[]).await;
    let admin = steward.admin().await;
    let id = watch(&admin, server.address(), &authority, json!({})).await;
    check(&admin, id).await;
    assert_eq!(told(&steward).await, []);
    for (days, level) in [(12, Level::Info), (15, Level::Warning), (7, Level::Critical), (10, Level::Critical)] {
        steward.clock.advance(Duration::from_secs(days * 24 * 60 * 60));
        let admin = steward.admin().await;
        check(&admin, id).await;
        assert_eq!(told(&steward).await, [(Kind::Expiry, level, "stands")], "{days} days later");
    }
}
