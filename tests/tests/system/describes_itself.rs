//! The API describes itself: the OpenAPI document, Swagger UI, 003's list of routes, and OPTIONS.

mod answers;
mod schemathesis;
mod valid;

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::steward::{Steward, StewardOptions};

use crate::api::{refused, routes};

/// The documents' routes that Steward has (000 §4.1, §4.2, §4.4; 002; 003 §1.1 to §1.3, §10; 004 §2.2 users).
const ROUTES: [&str; 32] = [
    "GET /api/monitors",
    "GET /api/monitors/{id}",
    "POST /api/monitors",
    "PUT /api/monitors/{id}",
    "DELETE /api/monitors/{id}",
    "POST /api/monitors/{id}/check",
    "POST /api/auth/login",
    "POST /api/auth/logout",
    "POST /api/auth/refresh",
    "GET /api/certificates",
    "GET /api/certificates/{id}",
    "POST /api/certificates",
    "POST /api/certificates/{id}/verify",
    "PUT /api/certificates/{id}",
    "DELETE /api/certificates/{id}",
    "GET /api/certificates/{id}/download",
    "POST /api/certificates/cleanup",
    "GET /api/v1/acme/providers",
    "POST /api/v1/acme/account/create",
    "GET /api/v1/acme/accounts",
    "POST /api/v1/acme/accounts/set-default",
    "POST /api/v1/acme/accounts/enable",
    "POST /api/v1/acme/accounts/disable",
    "POST /api/v1/acme/accounts/delete",
    "POST /api/add_user",
    "POST /api/login",
    "POST /api/send_verification_email",
    "GET /api/urls",
    "POST /api/v1/users/register",
    "POST /api/v1/users/login",
    "POST /api/v1/users/regenerate-key",
    "GET /api/v1/users/profile",
];

#[test]
fn the_document_that_is_kept_is_what_the_code_says() {
    let kept = console::DOCUMENT == format!("{}\n", steward::document().to_pretty_json().unwrap());
    assert!(kept, "run: cargo run -- openapi > functions/console/openapi.json");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_openapi_3_and_whole() {
    let steward = Steward::start(StewardOptions::default()).await;
    let reply = steward.client().get("/api/openapi.json").await;
    assert!(reply.headers["content-type"].to_str().unwrap().starts_with("application/json"));
    let document = reply.expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3."), "{}", document["openapi"]);
    for field in ["title", "version", "description"] {
        assert!(document["info"][field].is_string(), "info.{field}");
    }
    let routes = routes(&steward).await;
    let names: BTreeSet<String> = routes.iter().map(|route| route.name()).collect();
    for route in ROUTES {
        assert!(names.contains(route), "{route} is not in the document");
    }

    let mut ids = BTreeSet::new();
    for route in &routes {
        let (name, operation) = (route.name(), &route.operation);
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{name} has no operationId"));
        assert!(ids.insert(id.to_owned()), "{id} is there twice");
        assert!(operation["summary"].is_string() || operation["description"].is_string(), "{name} says nothing");
        assert!(operation["tags"][0].is_string(), "{name} has no tag");
        assert!(operation["security"].is_array(), "{name} does not say who may");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name} has no answer");
        // A variable of the path is a parameter that must be there, and the other way round.
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let of_path: Vec<_> = parameters.iter().filter(|p| p["in"] == "path").collect();
        assert_eq!(of_path.len(), route.path.matches('{').count(), "{name}");
        for parameter in of_path {
            assert!(route.path.contains(&format!("{{{}}}", parameter["name"].as_str().unwrap())), "{name}");
            assert_eq!(parameter["required"], true, "{name}");
        }
    }
    let mut references = 0;
    references_resolve(&document, &document, &mut references);
    assert!(references > 50, "{references}");
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    assert_eq!(schemes["token"]["scheme"], "bearer");
    assert_eq!(schemes["api_key"]["name"], "X-API-Key");
}

fn references_resolve(value: &Value, document: &Value, references: &mut u32) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                *references += 1;
                let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads elsewhere"));
                assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
            }
            fields.values().for_each(|value| references_resolve(value, document, references));
        }
        Value::Array(values) => values.iter().for_each(|value| references_resolve(value, document, references)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn swagger_ui_needs_nothing_from_elsewhere() {
    let steward = Steward::start(StewardOptions::default()).await;
    let client = steward.client();
    let page = client.get("/api/docs/").await;
    assert_eq!(page.status, 200);
    let html = String::from_utf8(page.bytes).unwrap();
    assert!(html.contains("swagger-ui"), "{html}");
    let entered = client.get("/api/docs").await;
    assert_eq!((entered.status.as_u16(), entered.bytes), (200, html.clone().into_bytes()));

    let mut loaded = BTreeSet::new();
    let links = html.split(['<', '>']).filter(|tag| tag.starts_with("script") || tag.starts_with("link"));
    for link in links.filter_map(|tag| attribute(tag, "src").or_else(|| attribute(tag, "href"))) {
        assert!(!link.contains("//"), "{link} is elsewhere");
        let path = format!("/api/docs/{}", link.trim_start_matches("./"));
        let file = client.get(&path).await;
        assert_eq!(file.status, 200, "{path}");
        assert!(!file.bytes.is_empty(), "{path}");
        let kind = file.headers["content-type"].to_str().unwrap();
        let expected = match path.rsplit_once('.').unwrap().1 {
            "js" => "javascript",
            "css" => "text/css",
            "png" => "image/png",
            other => panic!("{path}: {other}"),
        };
        assert!(kind.contains(expected), "{path} is served as {kind}");
        loaded.insert(path);
    }
    assert!(loaded.len() >= 4, "{loaded:?}");
    let initializer = client.get("/api/docs/swagger-initializer.js").await;
    let initializer = String::from_utf8(initializer.bytes).unwrap();
    assert!(initializer.contains("/api/openapi.json") && !initializer.contains("petstore"), "{initializer}");
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_routes_is_the_one_of_document_003() {
    let steward = Steward::start(StewardOptions::default()).await;
    let listed = steward.user("anna").await.get("/api/urls").await.expect(200);
    let listed = listed.as_array().unwrap();
    for route in [
        json!({"endpoint": "user.add_user", "methods": "OPTIONS, POST", "url": "/api/add_user"}),
        json!({"endpoint": "user.login", "methods": "OPTIONS, POST", "url": "/api/login"}),
        json!({"endpoint": "urls.list", "methods": "OPTIONS, GET, HEAD", "url": "/api/urls"}),
    ] {
        assert!(listed.contains(&route), "{route} is not in {listed:?}");
    }
    let urls: BTreeSet<String> = listed.iter().map(|route| route["url"].as_str().unwrap().to_owned()).collect();
    let paths: BTreeSet<String> = routes(&steward).await.into_iter().map(|route| route.path).collect();
    assert_eq!(urls, paths);
    assert_eq!(listed.len(), routes(&steward).await.len());
}

/// What `/api/urls` and the document say of methods, OPTIONS says too, to anybody.
#[tokio::test(flavor = "multi_thread")]
async fn options_answers_with_what_is_allowed() {
    let steward = Steward::start(StewardOptions::default()).await;
    let client = steward.client();
    let routes = routes(&steward).await;
    for path in routes.iter().map(|route| &route.path).collect::<BTreeSet<_>>() {
        let mut expected: BTreeSet<String> =
            routes.iter().filter(|route| route.path == *path).map(|route| route.method.to_string()).collect();
        if expected.contains("GET") {
            expected.insert("HEAD".into());
        }
        let reply = client.send(Method::OPTIONS, &path.replace("{id}", "1"), None).await;
        assert_eq!((reply.status.as_u16(), reply.bytes.len()), (204, 0), "{path}");
        let allowed = reply.headers["allow"].to_str().unwrap().split(',').map(|method| method.trim().to_owned());
        assert_eq!(allowed.collect::<BTreeSet<_>>(), expected, "{path}");
    }
    refused("/api/nowhere", &client.send(Method::OPTIONS, "/api/nowhere", None).await, 404);
}
