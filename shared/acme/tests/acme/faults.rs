use domain::ids::AccountId;
use domain::ports::ChallengeType::Dns01;
use domain::ports::{Ca, CaAccount, CaError, Directory, OrderStatus};
use domain::targets::TargetPolicy;
use serde_json::json;

use crate::pebble::{client, client_of, contact, csr, names, order_for, order_of, settled, start};

/// Does a step as the issuer does: again when the CA says later.
macro_rules! again {
    ($step:expr) => {{
        let mut tries = 0;
        loop {
            match $step.await {
                Err(CaError::Later { .. }) if tries < 5 => tries += 1,
                done => break done.unwrap(),
            }
        }
    }};
}

#[tokio::test]
async fn half_of_all_nonces_refused_stops_no_order() {
    let Some(pebble) = start(json!({}), &[("PEBBLE_WFE_NONCEREJECT", "50")]).await else { return };
    let ca = client();
    let registered = again!(ca.register(&pebble.directory, &contact(), None));
    let account = pebble.account_of(&registered);
    for n in 0..20 {
        let names = names(&[&format!("n{n}.steward.test")]);
        let order = again!(ca.new_order(&account, &order_for(&names)));
        pebble.publish(&order.challenges).await;
        again!(ca.answer_challenges(&account, &order.url, Dns01));
        let ready = settled(&ca, &account, &order.url, &[OrderStatus::Pending]).await;
        assert_eq!(ready.status, OrderStatus::Ready, "{:?}", ready.problem);
        again!(ca.finalize(&account, &order.url, &csr(&names)));
        settled(&ca, &account, &order.url, &[OrderStatus::Processing]).await;
        again!(ca.certificate(&account, &order.url));
    }
}

#[tokio::test]
async fn nonces_never_accepted_are_for_later() {
    let Some(pebble) = start(json!({}), &[("PEBBLE_WFE_NONCEREJECT", "100")]).await else { return };
    let error = client().register(&pebble.directory, &contact(), None).await.unwrap_err();
    assert!(matches!(&error, CaError::Later { reason, .. } if reason.starts_with("badNonce: ")), "{error:?}");
}

#[tokio::test]
async fn a_blocked_name_is_refused_in_the_ca_s_words() {
    let Some(pebble) = start(json!({ "domainBlocklist": ["blocked.test"] }), &[]).await else { return };
    let ca = client();
    let account = pebble.account(&ca).await;
    let error = ca.new_order(&account, &order_of(&["www.blocked.test"])).await.unwrap_err();
    let CaError::Refused(reason) = error else { panic!("{error:?}") };
    assert!(reason.starts_with("rejectedIdentifier: ") && reason.contains("blocked.test"), "{reason}");
}

#[tokio::test]
async fn a_wrong_record_makes_the_order_invalid_and_says_why() {
    let Some(pebble) = start(json!({}), &[]).await else { return };
    let ca = client();
    let account = pebble.account(&ca).await;
    let mut order = ca.new_order(&account, &order_of(&["wrong.steward.test"])).await.unwrap();
    order.challenges[0].value = "not-this".into();
    pebble.publish(&order.challenges).await;
    // Pebble may have looked, and refused, before its answer is written.
    match ca.answer_challenges(&account, &order.url, Dns01).await {
        Ok(()) | Err(CaError::Refused(_)) => {}
        Err(error) => panic!("{error:?}"),
    }
    let invalid = settled(&ca, &account, &order.url, &[OrderStatus::Pending]).await;
    assert_eq!(invalid.status, OrderStatus::Invalid);
    let problem = invalid.problem.unwrap();
    assert!(problem.starts_with("wrong.steward.test: unauthorized: "), "{problem}");
    for error in [
        ca.answer_challenges(&account, &order.url, Dns01).await.unwrap_err(),
        ca.certificate(&account, &order.url).await.unwrap_err(),
    ] {
        assert!(matches!(&error, CaError::Refused(reason) if *reason == problem), "{error:?}");
    }
}

#[tokio::test]
async fn what_the_ca_does_not_know_is_gone() {
    let Some(pebble) = start(json!({}), &[]).await else { return };
    let ca = client();
    let account = pebble.account(&ca).await;
    let order = ca.new_order(&account, &order_of(&["a.steward.test"])).await.unwrap();
    let error = ca.order(&account, &format!("{}x", order.url)).await.unwrap_err();
    assert!(matches!(error, CaError::Gone(_)), "{error:?}");

    // Pebble keeps everything in memory: another one stands for a CA that has lost the account.
    let Some(other) = start(json!({}), &[]).await else { return };
    let moved = account.credentials_at(&other.directory);
    let error = client().new_order(&moved, &order_of(&["a.steward.test"])).await.unwrap_err();
    assert!(matches!(&error, CaError::NoAccount(_)), "{error:?}");
}

#[tokio::test]
async fn a_deactivated_account_is_told_from_a_name_that_is_not_proven() {
    let Some(pebble) = start(json!({}), &[]).await else { return };
    let ca = client();
    let account = pebble.account(&ca).await;
    ca.new_order(&account, &order_of(&["a.steward.test"])).await.unwrap();
    pebble.deactivate(&account).await;
    for client in [ca, client()] {
        let error = client.new_order(&account, &order_of(&["b.steward.test"])).await.unwrap_err();
        assert!(matches!(&error, CaError::NoAccount(reason) if reason.contains("deactivated")), "{error:?}");
    }
}

#[tokio::test]
async fn other_credentials_of_the_same_account_are_used_at_once() {
    let Some(pebble) = start(json!({}), &[]).await else { return };
    let ca = client();
    let (one, two) = (pebble.account(&ca).await, pebble.account(&ca).await);
    let order = ca.new_order(&one, &order_of(&["a.steward.test"])).await.unwrap();
    ca.order(&one, &order.url).await.unwrap();
    let error = ca.order(&two, &order.url).await.unwrap_err();
    assert!(!matches!(error, CaError::Later { .. }), "{error:?}");
    ca.order(&one, &order.url).await.unwrap();
}

#[tokio::test]
async fn an_unreachable_ca_is_for_later() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let directory = Directory { url: format!("https://localhost:{port}/dir"), root_ca_pem: None };
    let error = client().register(&directory, &contact(), None).await.unwrap_err();
    let CaError::Later { reason, .. } = error else { panic!("{error:?}") };
    assert!(reason.contains(&format!("localhost:{port}")) && reason.contains("refused"), "{reason}");
}

#[tokio::test]
async fn an_address_that_the_policy_refuses_is_not_connected_to() {
    for (url, address) in [
        ("https://localhost:1/dir", "127.0.0.1"),
        ("https://127.0.0.1:1/dir", "127.0.0.1"),
        ("https://[::1]:1/dir", "::1"),
        ("https://[::ffff:169.254.169.254]/dir", "169.254.169.254"),
        ("https://169.254.169.254/latest/meta-data", "169.254.169.254"),
    ] {
        let directory = Directory { url: url.into(), root_ca_pem: None };
        let ca = client_of(TargetPolicy::default());
        let error = ca.register(&directory, &contact(), None).await.unwrap_err();
        let CaError::Refused(reason) = error else { panic!("{url}: {error:?}") };
        assert!(reason.contains("STEWARD_ALLOW_TARGETS"), "{url}: {reason}");
        assert!(reason.contains(address) || reason.contains("::1"), "{url}: {reason}");
    }
}

#[tokio::test]
async fn a_directory_must_be_https_and_its_root_a_certificate() {
    for (url, root, words) in [
        ("http://localhost/dir", None, "must be an https URL"),
        ("localhost", None, "must be an https URL"),
        ("", None, "must be an https URL"),
        ("https://localhost/dir", Some("no PEM"), "not a PEM certificate"),
    ] {
        let directory = Directory { url: url.into(), root_ca_pem: root.map(ToOwned::to_owned) };
        let error = client().register(&directory, &contact(), None).await.unwrap_err();
        assert!(matches!(&error, CaError::Refused(reason) if reason.contains(words)), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn a_root_of_somebody_else_is_not_trusted() {
    let Some(pebble) = start(json!({}), &[]).await else { return };
    let Some(other) = start(json!({}), &[]).await else { return };
    let both = [&pebble, &other].map(|p| p.directory.root_ca_pem.clone().unwrap()).concat();
    for (root, trusted) in [(other.directory.root_ca_pem.clone(), false), (None, false), (Some(both), true)] {
        let directory = Directory { root_ca_pem: root, ..pebble.directory.clone() };
        match client().register(&directory, &contact(), None).await {
            Ok(_) => assert!(trusted),
            Err(CaError::Refused(reason)) => assert!(!trusted && reason.contains("not trusted"), "{reason}"),
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn a_url_that_is_no_directory_is_refused() {
    let Some(pebble) = start(json!({}), &[]).await else { return };
    let directory = Directory { url: pebble.directory.url.replace("/dir", "/nothing"), ..pebble.directory.clone() };
    let error = client().register(&directory, &contact(), None).await.unwrap_err();
    assert!(matches!(&error, CaError::Refused(_)), "{error:?}");
}

trait Moved {
    fn credentials_at(&self, directory: &Directory) -> CaAccount;
}

impl Moved for CaAccount {
    fn credentials_at(&self, directory: &Directory) -> CaAccount {
        use secrecy::ExposeSecret;
        let credentials = self.credentials.expose_secret().replace(origin(&self.directory), origin(directory));
        CaAccount { id: AccountId(2), directory: directory.clone(), credentials: credentials.into() }
    }
}

fn origin(directory: &Directory) -> &str {
    directory.url.trim_end_matches("/dir")
}
