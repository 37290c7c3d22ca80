use std::time::Duration;

use domain::ports::{Ca, CaError, Directory, OrderStatus};
use serde_json::json;

use crate::pebble::{client, contact, names, order_for, order_of};
use crate::scripted::Scripted;

#[tokio::test]
async fn answers_that_may_change_are_for_later() {
    let ca = Scripted::start().await;
    let client = client();
    let limited = json!({ "type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many certificates" });
    let internal = json!({ "type": "urn:ietf:params:acme:error:serverInternal", "detail": "oops" });
    for (status, headers, body, words, wait) in [
        ("429 Too Many", "Retry-After: 7\r\n", limited.to_string(), "rateLimited: too many certificates", Some(7)),
        ("400 Bad Request", "", limited.to_string(), "rateLimited: too many certificates", None),
        ("500 Oops", "", internal.to_string(), "serverInternal: oops", None),
        ("503 Busy", "Retry-After: 120\r\n", "<html>".into(), "the CA answered 503 Service Unavailable", Some(120)),
        (
            "503 Busy",
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n",
            String::new(),
            "the CA answered 503 Service Unavailable",
            Some(60),
        ),
    ] {
        ca.answer("POST /order", (status, headers, body));
        let error = client.new_order(&ca.account, &order_of(&["example.com"])).await.unwrap_err();
        let CaError::Later { reason, retry_after } = error else { panic!("{status}: {error:?}") };
        assert_eq!((reason.as_str(), retry_after), (words, wait.map(Duration::from_secs)), "{status}");
    }
    for (retry_after, milliseconds) in [("1.5", 1_500), ("Tue, 31 Dec 2199 23:59:59 GMT", 30 * 86_400_000)] {
        let headers: &'static str = format!("Retry-After: {retry_after}\r\n").leak();
        ca.answer("POST /order", ("429 Too Many", headers, limited.to_string()));
        let error = client.new_order(&ca.account, &order_of(&["example.com"])).await.unwrap_err();
        let CaError::Later { retry_after: wait, .. } = error else { panic!("{error:?}") };
        assert_eq!(wait, Some(Duration::from_millis(milliseconds)), "{retry_after}, without a date of the answer");
    }
    ca.answer("GET /dir", ("502 Bad Gateway", "", "<html>".into()));
    let error = client.register(&ca.account.directory, &contact(), None).await.unwrap_err();
    assert!(matches!(error, CaError::Later { .. }), "{error:?}");
}

#[tokio::test]
async fn a_wait_is_read_whatever_was_asked_for() {
    let busy = ("503 Busy", "Retry-After: 7200\r\n", String::new());
    for request in ["GET /dir", "HEAD /nonce", "POST /order/1", "POST /order/1/finalize", "POST /certificate"] {
        let ca = Scripted::start().await;
        let url = format!("{}/order/1", ca.origin);
        let certificate = format!("{}/certificate", ca.origin);
        let status = if request == "POST /certificate" { "valid" } else { "ready" };
        let order = json!({ "status": status, "authorizations": [], "finalize": format!("{url}/finalize"),
            "certificate": certificate });
        ca.answer("POST /order/1", ("200 OK", "", order.to_string()));
        ca.answer(request, busy.clone());
        let client = client();
        let error = match request {
            "POST /certificate" => client.certificate(&ca.account, &url).await.unwrap_err(),
            _ => client.finalize(&ca.account, &url, b"csr").await.unwrap_err(),
        };
        let CaError::Later { retry_after, .. } = error else { panic!("{request}: {error:?}") };
        assert_eq!(retry_after, Some(Duration::from_secs(7200)), "{request}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_there_yet_is_gone() {
    let ca = Scripted::start().await;
    let url = format!("{}/order/1", ca.origin);
    let order = json!({ "status": "valid", "authorizations": [], "finalize": format!("{url}/finalize"),
        "certificate": format!("{}/certificate", ca.origin) });
    ca.answer("POST /order/1", ("200 OK", "", order.to_string()));
    let client = client();
    let error = client.certificate(&ca.account, &url).await.unwrap_err();
    assert!(matches!(error, CaError::Gone(_)), "{error:?}");
    ca.answer("POST /certificate", ("200 OK", "", "-----BEGIN CERTIFICATE-----".into()));
    client.certificate(&ca.account, &url).await.unwrap();
}

#[tokio::test]
async fn answers_that_will_not_change_are_refusals() {
    let ca = Scripted::start().await;
    let client = client();
    let problem = json!({
        "type": "urn:ietf:params:acme:error:malformed",
        "detail": "some names were rejected",
        "subproblems": [{
            "type": "urn:ietf:params:acme:error:rejectedIdentifier",
            "detail": "policy forbids it",
            "identifier": { "type": "dns", "value": "bad.example" },
        }],
    });
    for (status, headers, body, words) in [
        (
            "400 Bad Request",
            "",
            problem.to_string(),
            "malformed: some names were rejected; bad.example: rejectedIdentifier: policy forbids it",
        ),
        ("403 Forbidden", "", "<html>".into(), "the CA answered 403 Forbidden"),
        ("302 Found", "Location: https://169.254.169.254/\r\n", String::new(), "the CA answered 302 Found"),
    ] {
        ca.answer("POST /order", (status, headers, body));
        let error = client.new_order(&ca.account, &order_of(&["example.com"])).await.unwrap_err();
        assert!(matches!(&error, CaError::Refused(reason) if reason == words), "{error:?}");
    }
    ca.answer("GET /dir", ("200 OK", "", "<html>".into()));
    let error = client.register(&ca.account.directory, &contact(), None).await.unwrap_err();
    assert!(matches!(&error, CaError::Refused(reason) if reason.contains("not ACME")), "{error:?}");
}

#[tokio::test]
async fn an_order_says_how_long_to_wait() {
    let ca = Scripted::start().await;
    let client = client();
    let url = format!("{}/order/1", ca.origin);
    ca.answer("POST /order/1", ("200 OK", "Retry-After: 5\r\n", ca.order("processing")));
    let view = client.order(&ca.account, &url).await.unwrap();
    assert_eq!((view.status, view.retry_after), (OrderStatus::Processing, Some(Duration::from_secs(5))));
    let error = client.certificate(&ca.account, &url).await.unwrap_err();
    assert!(
        matches!(error, CaError::Later { retry_after: Some(wait), .. } if wait == Duration::from_secs(5)),
        "{error:?}"
    );

    ca.answer("POST /order/1", ("200 OK", "", ca.order("ready")));
    ca.answer("POST /order/1/finalize", ("200 OK", "Retry-After: 15\r\n", ca.order("processing")));
    let view = client.finalize(&ca.account, &url, b"csr").await.unwrap();
    assert_eq!((view.status, view.retry_after), (OrderStatus::Processing, Some(Duration::from_secs(15))));
}

#[tokio::test]
async fn one_connection_and_one_nonce_serve_many_calls() {
    let ca = Scripted::start().await;
    let client = client();
    let url = format!("{}/order/1", ca.origin);
    ca.answer("POST /order/1", ("200 OK", "", ca.order("pending")));
    for _ in 0..5 {
        client.order(&ca.account, &url).await.unwrap();
    }
    assert_eq!(ca.requests.lock().unwrap()[..3], ["GET /dir", "HEAD /nonce", "POST /order/1"]);
    assert_eq!((ca.requests.lock().unwrap().len(), *ca.connections.lock().unwrap()), (7, 1));
}

#[tokio::test]
async fn a_missing_order_is_gone_whatever_its_body() {
    let ca = Scripted::start().await;
    let error = client().order(&ca.account, &format!("{}/order/9", ca.origin)).await.unwrap_err();
    assert!(matches!(&error, CaError::Gone(reason) if reason == "the CA answered 404 Not Found"), "{error:?}");
}

#[tokio::test]
async fn a_ca_that_is_silent_is_for_later() {
    let ca = Scripted::start().await;
    let client = client();
    ca.answer("POST /order", ("", "", String::new()));
    // The clock runs ahead only after the request has arrived: the connection itself has a limit too.
    let wait = async {
        ca.silent.notified().await;
        tokio::time::pause();
    };
    let names = names(&["example.com"]);
    let order = order_for(&names);
    let (outcome, ()) = tokio::join!(client.new_order(&ca.account, &order), wait);
    let CaError::Later { reason, .. } = outcome.unwrap_err() else { panic!("not for later") };
    assert!(reason.ends_with("gave no answer within 30 s"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_not_answered_is_for_later() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/dir", listener.local_addr().unwrap());
    let directory = Directory { url, root_ca_pem: None };
    let error = client().register(&directory, &contact(), None).await.unwrap_err();
    assert!(
        matches!(&error, CaError::Later { reason, .. } if reason.ends_with("no connection within 10 s")),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_answer_is_read_as_far_as_a_ca_has_reason_to_write() {
    let ca = Scripted::start().await;
    let client = client();
    let long = json!({ "type": "urn:ietf:params:acme:error:rejectedIdentifier", "detail": "no\n".repeat(100_000) });
    ca.answer("POST /order", ("400 Bad Request", "", long.to_string()));
    let error = client.new_order(&ca.account, &order_of(&["example.com"])).await.unwrap_err();
    assert!(matches!(&error, CaError::Refused(reason) if reason.len() <= 2000 && !reason.contains('\n')), "{error:?}");
    for body in ["x".repeat(8 << 20), format!("[{}0]", "0,".repeat(4 << 20))] {
        ca.answer("POST /order", ("200 OK", "", body));
        let error = client.new_order(&ca.account, &order_of(&["example.com"])).await.unwrap_err();
        assert!(error.to_string().ends_with("sent an answer of over 1024 KiB"), "{error:?}");
    }
}
