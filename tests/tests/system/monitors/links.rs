use domain::certificates::{Issued, State};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::TlsServer;
use system_tests::steward::{Steward, certificate_row, put_certificates};

use super::authority::{Authority, Leaf};
use super::{check, idle, shown, watch};

fn issued(fingerprint: &str) -> State {
    let now = Timestamp::now();
    State::Issued(Issued {
        chain: String::new(),
        valid_from: now,
        valid_to: now + SignedDuration::from_hours(24 * 90),
        serial: "01".to_owned(),
        fingerprint: fingerprint.to_owned(),
        issuer_name: "CN=nobody".to_owned(),
    })
}

async fn put(steward: &Steward, owner: i64, name: &str, fingerprint: &str) -> i64 {
    put_certificates(&steward.ctx, vec![certificate_row(owner, 1, name, issued(fingerprint))]).await[0]
}

fn link(answer: &Value) -> (Option<i64>, Option<bool>) {
    (answer["certificate_id"].as_i64(), answer["served"].as_bool())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_knows_the_owners_certificate_for_its_name() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let chain = authority.sign(Leaf::default());
    let server = TlsServer::start(&chain, &[]).await;
    let id = watch(&admin, server.address(), &authority, json!({})).await;
    let first = check(&admin, id).await;
    assert_eq!(link(&first), (None, None));
    let served = first["endpoints"][0]["certificate"]["fingerprint"].as_str().unwrap().to_owned();

    // Another owner's, and another name's, are not for it.
    steward.user("bob").await;
    put(&steward, 2, "www.example.com", &served).await;
    put(&steward, 1, "*.www.example.com", &served).await;
    put(&steward, 1, "example.com", &served).await;
    assert_eq!(link(&check(&admin, id).await), (None, None));
    let wildcard = put(&steward, 1, "*.example.com", "00").await;
    assert_eq!(link(&check(&admin, id).await), (Some(wildcard), Some(false)));
    let own = put(&steward, 1, "www.example.com", &served).await;
    assert_eq!(link(&check(&admin, id).await), (Some(own), Some(true)));
    assert_eq!(link(&shown(&admin, id).await), (Some(own), Some(true)));

    // The server has another one now.
    let _server = server.replaced(&authority.sign(Leaf::default())).await;
    let (_, current) = link(&check(&admin, id).await);
    assert_eq!(current, Some(false));
    admin.delete(&format!("/api/certificates/{own}")).await.ok();
    assert_eq!(link(&check(&admin, id).await), (Some(wildcard), Some(false)));
}
