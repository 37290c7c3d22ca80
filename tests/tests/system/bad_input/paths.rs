//! Ids, methods and paths.

use reqwest::Method;
use serde_json::Value;
use system_tests::steward::{Steward, StewardOptions};

use super::sent;
use crate::api::{nothing_written, refused, routes};

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_a_positive_integer_of_something_there_is() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let mut walked = 0;
    for route in routes(&steward).await {
        let body = route.sample(99).map(|body| Value::Object(body).to_string());
        if route.path.contains("{id}") {
            walked += 1;
            for id in ["0", "-1", "abc", "1.5", "%00", "%FF", "1%2F2", "99999999999999999999", "1e3", "+"] {
                let message = sent(&steward, &admin, route.method.clone(), &route.path_with(id), body.clone()).await;
                assert_eq!(message, "id: must be a positive integer", "{} {id}", route.name());
            }
        }
        let mut bodies = vec![(99, body)];
        bodies.extend([i64::MAX, 0, -1].map(|id| (id, route.sample(id).map(|body| Value::Object(body).to_string()))));
        for (id, body) in bodies {
            let in_body = route.sample(id).is_some_and(|body| body.values().any(Value::is_i64));
            // Its integers are days.
            let in_body = in_body && route.name() != "PUT /api/alerts/settings";
            let in_path = route.path.contains("{id}");
            let of_nothing = in_path && id < 1;
            if of_nothing || (!in_body && !in_path) || route.name() == "PUT /api/v1/users/{id}" {
                continue;
            }
            let path = route.path_with(id);
            let message = sent(&steward, &admin, route.method.clone(), &path, body).await;
            assert!(message.ends_with(" not found"), "{} {id}: {message}", route.name());
        }
    }
    assert_eq!(walked, 37, "a route with an id was added or lost: count again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_is_none_of_the_path() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    for route in routes(&steward).await {
        let path = route.path_with(1);
        for method in ["PATCH", "TRACE", "BREW"] {
            steward.store.take();
            let reply = admin.send(method.parse().unwrap(), &path, None).await;
            assert_eq!(refused(&path, &reply, 405), format!("{method} is not a method of {path}"));
            assert!(reply.headers["allow"].to_str().unwrap().contains(route.method.as_str()), "{path}");
            nothing_written(&steward, &path);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_leads_nowhere() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    for path in [
        "/",
        "/nowhere",
        "/api",
        "/api/",
        "/api/certificates/1/nowhere",
        "/api/certificates/1/nowhere/",
        "/api/certificates/1/2/3",
        "/api/v1",
        "/api/v1/users/1/nowhere",
        "/api/v1/acme/nowhere",
        "/api/v1/acme/accounts/1",
        "/api/openapi.yaml",
        "/..%2F..%2Fetc%2Fpasswd",
        "/%FF",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let message = sent(&steward, &admin, method.clone(), path, None).await;
            assert_eq!(message, format!("there is nothing at {path}; GET /api/docs describes the routes"), "{method}");
        }
    }
    let message = sent(&steward, &admin, Method::GET, "/api/docs/nowhere.js", None).await;
    assert_eq!(message, "file of the documentation not found");
}
