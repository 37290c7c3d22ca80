//! A CA that answers anything: each call ends in an error, soon, and without a panic.

use std::time::{Duration, Instant};

use domain::ports::ChallengeType::Dns01;
use domain::ports::{Ca, CaError};
use serde_json::json;

use crate::pebble::{client, contact, order_of};
use crate::scripted::{DRIP, ENDLESS, Scripted};

const OK: &str = "200 OK";

#[tokio::test]
async fn a_directory_whose_urls_cannot_be_called_is_refused() {
    for (field, value) in [
        ("newNonce", json!("")),
        ("newNonce", json!(null)),
        ("newNonce", json!("/nonce")),
        ("newNonce", json!("http://127.0.0.1/nonce")),
        ("newNonce", json!("https://")),
        ("newNonce", json!("a b")),
        ("newNonce", json!(5)),
        ("newOrder", json!("")),
        ("newAccount", json!("file:///etc/passwd")),
        ("revokeCert", json!("revoke")),
        ("renewalInfo", json!("")),
    ] {
        let ca = Scripted::start().await;
        let url = |path: &str| format!("{}/{path}", ca.origin);
        let mut directory = json!({ "newNonce": url("nonce"), "newAccount": url("account"), "newOrder": url("order") });
        directory[field] = value.clone();
        ca.answer("GET /dir", (OK, "", directory.to_string()));
        let client = client();
        for error in [
            client.register(&ca.account.directory, &contact(), None).await.unwrap_err(),
            client.new_order(&ca.account, &order_of(&["example.com"])).await.unwrap_err(),
            client.meta(&ca.account.directory).await.unwrap_err(),
        ] {
            let CaError::Refused(reason) = error else { panic!("{field} {value}: {error:?}") };
            assert!(reason.contains("is not ACME") && reason.contains("directoryUrl"), "{field} {value}: {reason}");
        }
        assert_eq!(ca.requests.lock().unwrap().iter().filter(|line| *line != "GET /dir").count(), 0);
    }
}

#[tokio::test]
async fn a_nonce_that_is_none_is_an_error() {
    let ca = Scripted::start().await;
    for (status, headers) in [("204 No Content", ""), (OK, "Replay-Nonce: \r\n"), ("404 Not Found", "")] {
        ca.answer("HEAD /nonce", (status, headers, String::new()));
        client().new_order(&ca.account, &order_of(&["example.com"])).await.unwrap_err();
    }
}

#[tokio::test]
async fn a_body_without_an_end_is_given_up() {
    for body in [ENDLESS, DRIP] {
        for request in ["GET /dir", "POST /order/1", "POST /order"] {
            let ca = Scripted::start().await;
            ca.answer(request, (OK, "Connection: close\r\n", body.into()));
            let (client, url) = (client(), format!("{}/order/1", ca.origin));
            let began = Instant::now();
            if body == DRIP {
                tokio::time::pause();
            }
            let error = match request {
                "POST /order/1" => client.order(&ca.account, &url).await.unwrap_err(),
                _ => client.new_order(&ca.account, &order_of(&["example.com"])).await.unwrap_err(),
            };
            if body == DRIP {
                tokio::time::resume();
            }
            let CaError::Later { reason, .. } = error else { panic!("{request}: {error:?}") };
            let words = if body == DRIP { "gave no answer within 30 s" } else { "sent an answer of over 1024 KiB" };
            assert!(reason.contains(words), "{request}: {reason}");
            assert!(began.elapsed() < Duration::from_secs(10), "{request}: {:?}", began.elapsed());
        }
    }
}

/// No content coding is asked for; one that comes nevertheless stays as it is, however much it would be.
#[tokio::test]
async fn a_compressed_answer_is_not_unpacked() {
    let ca = Scripted::start().await;
    ca.answer("GET /dir", (OK, "Content-Encoding: gzip\r\n", "\u{1f}\u{8b}\u{8}\0\0\0\0\0\0\u{3}".into()));
    let error = client().register(&ca.account.directory, &contact(), None).await.unwrap_err();
    assert!(matches!(&error, CaError::Refused(reason) if reason.contains("is not ACME")), "{error:?}");
}

#[tokio::test]
async fn an_order_that_is_too_much_is_refused() {
    let ca = Scripted::start().await;
    let client = client();
    let url = |path: &str| format!("{}/{path}", ca.origin);
    let order = |authorizations: &[String]| {
        json!({ "status": "pending", "authorizations": authorizations, "finalize": url("finalize") }).to_string()
    };
    let refused = async |words: &str| {
        let error = client.new_order(&ca.account, &order_of(&["example.com"])).await.unwrap_err();
        assert!(matches!(&error, CaError::Refused(reason) if reason.contains(words)), "{words}: {error:?}");
    };
    let many = vec![url("authz"); 5000];
    let location: &'static str = format!("Location: {}\r\n", url("order/1")).leak();
    ca.answer("POST /order", ("201 Created", location, order(&many)));
    refused("has 5000 authorizations").await;
    ca.answer("POST /order/1", (OK, "", order(&many)));
    let error = client.answer_challenges(&ca.account, &url("order/1"), Dns01).await.unwrap_err();
    assert!(matches!(error, CaError::Refused(_)), "{error:?}");
    assert!(!ca.requests.lock().unwrap().contains(&"POST /authz".to_owned()));

    ca.answer("POST /order", ("201 Created", location, order(&many[..1])));
    for token in ["", "../../etc/passwd", "a token", &"a".repeat(1000)] {
        let challenge = json!({ "type": "dns-01", "url": url("challenge"), "status": "pending", "token": token });
        let authorization = json!({ "identifier": { "type": "dns", "value": "example.com" }, "status": "pending",
            "challenges": [challenge] });
        ca.answer("POST /authz", (OK, "", authorization.to_string()));
        refused("a token for example.com is not base64url").await;
    }
    ca.answer("POST /order", ("201 Created", "Location: /order/1\r\n", order(&[])));
    refused("its Location is no https URL").await;
}

#[tokio::test]
async fn what_a_ca_says_is_no_longer_than_a_person_reads() {
    let ca = Scripted::start().await;
    let long = "a\nb ".repeat(100_000);
    for kind in ["malformed", "rateLimited", "accountDoesNotExist"] {
        let problem = json!({ "type": format!("urn:ietf:params:acme:error:{kind}"), "detail": long });
        ca.answer("POST /order", ("400 Bad Request", "", problem.to_string()));
        let error = client().new_order(&ca.account, &order_of(&["example.com"])).await.unwrap_err();
        let words = error.to_string();
        assert!(words.chars().count() < 1010 && !words.contains('\n'), "{} characters", words.len());
    }
    ca.answer("POST /order", (OK, "", format!("\"{long}\"").replace('\n', "")));
    let words = client().new_order(&ca.account, &order_of(&["example.com"])).await.unwrap_err().to_string();
    assert!(words.len() < 1100, "{} bytes", words.len());
}

#[tokio::test]
async fn a_chain_without_an_end_is_refused() {
    let ca = Scripted::start().await;
    let order = json!({ "status": "valid", "authorizations": [], "finalize": format!("{}/finalize", ca.origin),
        "certificate": format!("{}/certificate", ca.origin) });
    ca.answer("POST /order/1", (OK, "", order.to_string()));
    ca.answer("POST /certificate", (OK, "", "-----BEGIN CERTIFICATE-----\n".repeat(10_000)));
    let error = client().certificate(&ca.account, &format!("{}/order/1", ca.origin)).await.unwrap_err();
    assert!(matches!(&error, CaError::Refused(reason) if reason.contains("no certificate chain")), "{error:?}");
}
