//! Every route refuses whom it must, found by walking the router: nobody keeps a list of what is guarded, only of what
//! is public (DESIGN §6).

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::steward::{Client, Steward, StewardOptions};

use crate::api::{Route, nothing_written, refused, routes};

/// Every public route: register, the three logins, e-mail verification, health, the ACME HTTP-01 path. The console's files and the OpenAPI
/// document are in [`FILES`].
const PUBLIC: [&str; 9] = [
    "POST /api/v1/users/register",
    "POST /api/add_user",
    "POST /api/auth/login",
    "POST /api/login",
    "POST /api/v1/users/login",
    "POST /api/send_verification_email",
    "GET /api/verify_email",
    "GET /api/health",
    "GET /.well-known/acme-challenge/{token}",
];

pub const FILES: [&str; 4] = ["/api/docs", "/api/docs/", "/api/docs/{*rest}", "/api/openapi.json"];

/// The routes for administrators.
const ADMIN: [&str; 10] = [
    "POST /api/v1/acme/providers/create",
    "PUT /api/delegation",
    "DELETE /api/delegation",
    "GET /api/audit",
    "POST /api/audit/purge",
    "GET /api/v1/users",
    "PUT /api/v1/users/{id}",
    "DELETE /api/v1/users/{id}",
    "POST /api/v1/users/{id}/suspend",
    "POST /api/v1/users/{id}/reactivate",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_in_the_document_and_public_by_name_or_guarded() {
    let steward = Steward::start(StewardOptions::default()).await;
    let routes = routes(&steward).await;
    let documented: BTreeSet<String> = routes.iter().map(Route::name).collect();
    for name in PUBLIC.iter().chain(&ADMIN) {
        assert!(documented.contains(*name), "{name} is listed here, and is no route");
    }

    let nobody = steward.client();
    let mut seen = 0;
    for path in paths_of_the_router() {
        if FILES.contains(&path.as_str()) {
            continue;
        }
        let asked = path.replace("{id}", "1").replace("{token}", "1");
        let allowed = nobody.send(Method::OPTIONS, &asked, None).await;
        assert_eq!(allowed.status, 204, "OPTIONS {path}");
        steward.store.take();
        for method in allowed.headers["allow"].to_str().unwrap().split(',') {
            seen += 1;
            let name = format!("{} {path}", if method == "HEAD" { "GET" } else { method });
            assert!(documented.contains(&name), "{name} is not in the OpenAPI document");
            if PUBLIC.contains(&name.as_str()) {
                continue;
            }
            let reply = nobody.send(method.parse().unwrap(), &asked, None).await;
            assert_eq!(reply.status, 401, "{method} {path} is neither public by name nor guarded");
            assert_eq!(steward.store.take(), Vec::<String>::new(), "{method} {path} asked the store for a stranger");
        }
    }
    assert!(seen >= documented.len(), "the router was not read to its end: {seen} of {}", documented.len());
}

/// The paths in what axum's router shows of itself.
fn paths_of_the_router() -> BTreeSet<String> {
    let shown = format!("{:?}", steward::everything());
    let (_, paths) = shown.split_once("node: Node { paths: {").expect("axum shows its router in another way now");
    let of_node = paths.split("RouteId(").skip(1).map_while(|entry| entry.split_once("): \""));
    of_node.map(|(_, rest)| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_guarded_route_refuses_credentials_that_are_no_longer_good() {
    // Without workers: what is due a day later asks the store, too.
    let steward = Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let refused_callers = refused_callers(&steward).await;
    let stale = steward.user("stale").await;
    for route in routes(&steward).await {
        if PUBLIC.contains(&route.name().as_str()) {
            continue;
        }
        for (who, caller) in &refused_callers {
            refuse(&steward, &route, who, caller, 1, 401).await;
        }
    }
    steward.clock.advance(Duration::from_secs(24 * 60 * 60 + 1));
    for route in routes(&steward).await {
        if !PUBLIC.contains(&route.name().as_str()) {
            refuse(&steward, &route, "a token a day later", &stale, 1, 401).await;
        }
    }
}

/// Callers that were good once, or never.
async fn refused_callers(steward: &Steward) -> Vec<(&'static str, Client)> {
    let admin = steward.admin().await;
    let nobody = steward.client();
    let id = async |caller: &Client| caller.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap();
    let key = async |caller: &Client| {
        let reply = caller.post("/api/v1/users/regenerate-key", json!({})).await.ok();
        nobody.with_key(reply["data"]["api_key"].as_str().unwrap())
    };

    let suspended = steward.user("suspended").await;
    let suspended_key = key(&suspended).await;
    admin.post(&format!("/api/v1/users/{}/suspend", id(&suspended).await), json!({})).await.ok();
    let deleted = steward.user("deleted").await;
    let deleted_key = key(&deleted).await;
    admin.delete(&format!("/api/v1/users/{}", id(&deleted).await)).await.ok();
    let revoked = steward.user("revoked").await;
    revoked.post("/api/auth/logout", json!({})).await.ok();
    let regenerated = steward.user("regenerated").await;
    let old_key = key(&regenerated).await;
    key(&regenerated).await;

    vec![
        ("nobody", nobody.clone()),
        ("a garbage token", nobody.with_token("garbage")),
        ("a token signed by nobody", nobody.with_token(&unsigned_token())),
        ("another scheme", nobody.with_header("authorization", "Basic YWRtaW46YWRtaW4=")),
        ("a garbage key", nobody.with_key("garbage")),
        ("a key of nobody", nobody.with_key(&"0".repeat(64))),
        ("a suspended user's token", suspended),
        ("a suspended user's key", suspended_key),
        ("a deleted user's token", deleted),
        ("a deleted user's key", deleted_key),
        ("a revoked token", revoked),
        ("an old API key", old_key),
    ]
}

/// A token with `alg: none` for the first user, who is the administrator.
fn unsigned_token() -> String {
    // {"alg":"none","typ":"JWT","kid":"00000000"} and {"aud":"session","sub":"1","jti":"x","iat":0,"exp":9999999999}
    "eyJhbGciOiJub25lIiwidHlwIjoiSldUIiwia2lkIjoiMDAwMDAwMDAifQ.\
     eyJhdWQiOiJzZXNzaW9uIiwic3ViIjoiMSIsImp0aSI6IngiLCJpYXQiOjAsImV4cCI6OTk5OTk5OTk5OX0."
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_does_not_exist() {
    let steward = Steward::start(StewardOptions::default()).await;
    steward.user("victim").await;
    let victim = steward.client().login("victim", "a good password").await;
    let victim_id = victim.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap();
    let certificate = steward.plant_certificate(victim_id, "victim.example.com").await;
    let account = steward.plant_account(victim_id).await;
    let operation = steward.plant_operation(victim_id).await;
    let channel = steward.plant_channel(&victim).await;
    let credential = steward.plant_dns_credential(victim_id).await;
    let monitor = steward.plant_monitor(victim_id).await;
    victim.get(&format!("/api/monitors/{monitor}")).await.ok();
    let (server, deployment) = steward.plant_deployment(&victim, certificate).await;
    victim.get(&format!("/api/certificates/{certificate}")).await.ok();
    victim.get(&format!("/api/operations/{operation}")).await.ok();
    let accounts = victim.get("/api/v1/acme/accounts").await.ok();
    assert_eq!(accounts["data"]["items"][0]["id"], account);

    let other = steward.user("other").await;
    let mut walked = 0;
    for route in routes(&steward).await {
        let name = route.name();
        if PUBLIC.contains(&name.as_str()) {
            continue;
        }
        if ADMIN.contains(&name.as_str()) {
            refuse(&steward, &route, "a user who is no administrator", &other, victim_id, 403).await;
            continue;
        }
        if route.path.contains("{id}") {
            walked += 1;
            let id = match route.path.split('/').nth(2).unwrap() {
                "certificates" => certificate,
                "operations" => operation,
                "channels" => channel,
                "dns-credentials" => credential,
                "monitors" => monitor,
                "servers" => server,
                "deployments" => deployment,
                "v1" => victim_id,
                other => panic!("plant something for {other}"),
            };
            refuse(&steward, &route, "another user", &other, id, 404).await;
        } else if name != "PUT /api/alerts/settings"
            && route.sample(1).is_some_and(|body| body.values().any(Value::is_i64))
        {
            walked += 1;
            refuse(&steward, &route, "another user", &other, account, 404).await;
        }
        if route.parameters().iter().any(|(name, _)| name == "user_id") {
            walked += 1;
            let path = format!("{}?user_id={victim_id}", route.path);
            steward.store.take();
            let reply = other.send(route.method.clone(), &path, None).await;
            refused(&path, &reply, 404);
            nothing_written(&steward, &path);
        }
    }
    assert_eq!(walked, 48, "a route with an id was added or lost: count again");
}

/// Registration is public only while it is open.
#[tokio::test(flavor = "multi_thread")]
async fn registration_is_public_when_it_is_open() {
    let steward = Steward::start(StewardOptions::default()).await;
    let user = steward.user("user").await;
    let new = json!({"username": "somebody", "password": "a good password", "email": "somebody@example.com"});
    for path in ["/api/v1/users/register", "/api/add_user"] {
        for caller in [&steward.client(), &user] {
            steward.store.take();
            let message = refused(path, &caller.post(path, new.clone()).await, 403);
            assert!(message.contains("STEWARD_REGISTRATION"), "{message}");
            nothing_written(&steward, path);
        }
        // Wrong credentials are refused, not ignored.
        refused(path, &steward.client().with_token("garbage").post(path, new.clone()).await, 401);
    }
    let open = Steward::start(StewardOptions { open_registration: true, ..Default::default() }).await;
    open.client().post("/api/v1/users/register", new).await.expect(201);
}

async fn refuse(steward: &Steward, route: &Route, who: &str, caller: &Client, id: i64, status: u16) {
    let path = route.path_with(id);
    let body = route.sample(id).map(|body| Value::Object(body).to_string());
    steward.store.take();
    let reply = caller.send(route.method.clone(), &path, body).await;
    let about = format!("{} for {who}", route.name());
    assert_eq!(reply.status.as_u16(), status, "{about}: {}", String::from_utf8_lossy(&reply.bytes));
    refused(&path, &reply, status);
    nothing_written(steward, &about);
}
