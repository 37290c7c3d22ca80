//! Query parameters, from the document of each route.

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::steward::{Steward, StewardOptions};

use super::sent;
use crate::api::{Kind, refused, routes};

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_does_not_fit_is_named() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let certificate = steward.plant_certificate(1, "example.com").await;
    assert_eq!(steward.plant_monitor(1).await, certificate);
    let mut walked = 0;
    for route in routes(&steward).await {
        let parameters = route.parameters();
        if parameters.is_empty() {
            continue;
        }
        walked += 1;
        let path = route.path_with(certificate);
        let refusal = async |query: &str| sent(&steward, &admin, Method::GET, &format!("{path}?{query}"), None).await;
        for query in ["surprise=1", "surprise", "s%C3%BCrprise=1"] {
            let message = refusal(query).await;
            assert!(message.contains("rprise: is not a parameter here; known: "), "{path}: {message}");
            for (name, _) in &parameters {
                assert!(message.contains(name), "{path}: {name} is not in {message}");
            }
        }
        for (name, kind) in &parameters {
            let twice = format!("{name}=1&{name}=1");
            assert_eq!(refusal(&twice).await, format!("{name}: must be given once only"), "{path}");
            if *kind != Kind::Integer {
                continue;
            }
            for (value, limit) in [
                ("9".repeat(20), "at most 9223372036854775807"),
                (format!("-{}", "9".repeat(20)), "at least -9223372036854775808"),
            ] {
                let message = refusal(&format!("{name}={value}")).await;
                assert_eq!(message, format!("{name}: must be {limit}"), "{path}?{name}={value}");
            }
            for value in ["abc", "", "1.5", "0x1", "1e3"] {
                let message = refusal(&format!("{name}={value}")).await;
                assert_eq!(message, format!("{name}: must be a whole number, such as 1"), "{path}?{name}={value}");
            }
        }
    }
    assert_eq!(walked, 15, "a route with parameters was added or lost: count again");
}

/// On every route, whatever its method: what is not known is refused, by those who need credentials after they showed
/// them, and nothing is done. What begins with `_` is ignored.
#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_a_route_does_not_know_is_refused_on_every_route() {
    let steward =
        Steward::start(StewardOptions { open_registration: true, idle: true, ..StewardOptions::default() }).await;
    let admin = steward.admin().await;
    let certificate = steward.plant_certificate(1, "example.com").await;
    let mut walked = 0;
    for route in routes(&steward).await {
        walked += 1;
        let path = route.path_with(certificate);
        let body = route.sample(certificate).map(|body| Value::Object(body).to_string());
        let known = if route.parameters().is_empty() { "this route has none" } else { "known: " };
        for query in ["dry_run=true", "dry_run", "_=1&dry_run=1"] {
            let path = format!("{path}?{query}");
            let message = sent(&steward, &admin, route.method.clone(), &path, body.clone()).await;
            assert!(message.starts_with(&format!("dry_run: is not a parameter here; {known}")), "{path}: {message}");
        }
        let public = route.operation["security"].as_array().is_some_and(|all| all.contains(&json!({})));
        let stranger = steward.client().send(route.method.clone(), &format!("{path}?dry_run=true"), body.clone()).await;
        assert_eq!(stranger.status.as_u16(), if public { 400 } else { 401 }, "{path}");
        if route.path == "/api/auth/logout" {
            continue;
        }
        let busted = admin.send(route.method.clone(), &format!("{path}?_=1700000000"), body.clone()).await;
        let message = String::from_utf8_lossy(&busted.bytes).into_owned();
        assert!(!message.contains("is not a parameter here"), "{path}: {message}");
    }
    assert!(walked > 50, "{walked}");
    for path in ["/api/openapi.json", "/api/docs/", "/api/docs", "/api/docs/swagger-ui.css"] {
        let reply = admin.get(&format!("{path}?url=https://example.com/")).await;
        assert_eq!(refused(path, &reply, 400), "url: is not a parameter here; this route has none");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_a_smallest_and_a_largest() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let long = "x".repeat(101);
    for (path, size) in
        [("/api/certificates", "per_page"), ("/api/v1/users", "per_page"), ("/api/v1/acme/accounts", "page_size")]
    {
        let mut cases = vec![
            ("page=0".to_owned(), "page: must be from 1 to 4294967295".to_owned()),
            (format!("{size}=0"), format!("{size}: must be from 1 to 50")),
            (format!("{size}=51"), format!("{size}: must be from 1 to 50")),
            (format!("{size}=1000"), format!("{size}: must be from 1 to 50")),
            ("page=-1".to_owned(), "page: must be from 1 to 4294967295".to_owned()),
            ("page=4294967296".to_owned(), "page: must be from 1 to 4294967295".to_owned()),
        ];
        if path != "/api/v1/acme/accounts" {
            cases.push((format!("search={long}"), "search: must be at most 100 characters long".to_owned()));
        }
        for (query, expected) in cases {
            assert_eq!(sent(&steward, &admin, Method::GET, &format!("{path}?{query}"), None).await, expected);
        }
        // The last page there can be is empty, and no fault.
        admin.get(&format!("{path}?page=4294967295&{size}=50")).await.ok();
    }
    let user = steward.user("user").await;
    for query in ["/api/certificates?user_id=0", "/api/certificates?user_id=1", "/api/v1/acme/accounts?user_id=99"] {
        assert_eq!(sent(&steward, &user, Method::GET, query, None).await, "user not found");
    }
    steward.plant_certificate(1, "example.com").await;
    for (query, expected) in [
        ("/api/audit?limit=0", "limit: must be from 1 to 100"),
        ("/api/audit?limit=101", "limit: must be from 1 to 100"),
        ("/api/v1/acme/accounts?status=gone", "status: must be one of active, disabled, deactivated"),
        ("/api/certificates/1/download?format=exe", "format: must be one of "),
        ("/api/verify_email?token=x", "token: is not valid or has expired; ask for another mail"),
        ("/api/verify_email", "token: is missing"),
        ("/api/verify_email?token=", "token: is not valid or has expired; ask for another mail"),
    ] {
        let message = sent(&steward, &admin, Method::GET, query, None).await;
        assert!(message.starts_with(expected), "{query}: {message}");
    }
    // Nothing there is no fault either.
    admin.get("/api/audit?before=zzz").await.ok();
    admin.get("/api/audit?before=").await.ok();
    admin.get("/api/certificates?search=%25%27%22%00").await.ok();
}
