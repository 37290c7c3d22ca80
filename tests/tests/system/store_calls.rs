//! How many store calls each route makes (DESIGN §7): at most 2 for a GET, 3 for a page of a list, 3 for a create, its
//! ACME calls aside. The table is printed: `cargo test -p system-tests store_calls -- --nocapture`.

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{ADMIN_PASSWORD, Client, Lab, Steward, StewardOptions};

use crate::api::routes;
use crate::infra::permissions;

/// The lists; every other GET is of one thing.
const LISTS: [&str; 5] =
    ["/api/certificates", "/api/v1/users", "/api/v1/acme/accounts", "/api/v1/acme/providers", "/api/audit"];

/// Sends a request, and gives the store calls that it made. The sweep, which looks for open operations now and then, is
/// not the request's. On AWS the function that answers must have the right to each of them.
async fn calls(steward: &Steward, caller: &Client, method: Method, path: &str, body: Value) -> Vec<String> {
    let body = (!body.is_null()).then(|| body.to_string());
    steward.store.take();
    let reply = caller.send(method.clone(), path, body).await;
    let calls: Vec<_> = steward.store.take().into_iter().filter(|call| call != "query operations").collect();
    assert!(reply.status.is_success(), "{method} {path}: {} {}", reply.status, reply.json);
    println!("{:>2}  {method:6} {path:52} {}", calls.len(), calls.join(", "));
    let refused = permissions::refused(path, &calls);
    assert!(refused.is_empty(), "{method} {path} on AWS: {refused:?}");
    calls
}

/// A certificate, an account and an operation of a user, and that user.
async fn planted(steward: &Steward) -> (Client, i64, i64, i64) {
    let user = steward.user("anna").await;
    let id = user.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap();
    for n in 0..30 {
        steward.plant_certificate(id, &format!("n{n}.example.com")).await;
        steward.plant_account(id).await;
    }
    let certificate = steward.plant_certificate(id, "example.com").await;
    (user, id, certificate, steward.plant_operation(id).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_makes_two_and_a_list_page_three() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (user, id, certificate, operation) = planted(&steward).await;
    let admin = steward.admin().await;
    let key = user.post("/api/v1/users/regenerate-key", json!({})).await.ok();
    let by_key = steward.client().with_key(key["data"]["api_key"].as_str().unwrap());
    for (who, caller) in [("user", &user), ("API key", &by_key), ("administrator", &admin)] {
        println!("as {who}:");
        for route in routes(&steward).await {
            let public = route.operation["security"] == json!([{}]);
            let for_admins = matches!(route.path.as_str(), "/api/v1/users" | "/api/audit");
            // The download needs a certificate that was issued: below.
            let later = route.path.ends_with("/download");
            if route.method != Method::GET || public || later || (for_admins && who != "administrator") {
                continue;
            }
            let of = match route.path.split('/').nth(2).unwrap() {
                "certificates" => certificate,
                "operations" => operation,
                _ => id,
            };
            let list = LISTS.contains(&route.path.as_str());
            let mut paths = vec![route.path_with(of)];
            let has = |name: &str| route.parameters().iter().any(|(parameter, _)| parameter == name);
            paths.extend(has("page").then(|| format!("{}?page=2", route.path)));
            paths.extend(has("search").then(|| format!("{}?search=example&page=2", route.path)));
            if has("user_id") && who == "administrator" {
                paths.push(format!("{}?user_id={id}", route.path));
            }
            for path in paths {
                let calls = calls(&steward, caller, Method::GET, &path, Value::Null).await;
                assert!(calls.len() <= if list { 3 } else { 2 }, "GET {path} as {who}: {calls:?}");
                assert!(calls.iter().all(|call| call.starts_with("get") || call.starts_with("query")), "{calls:?}");
            }
        }
    }
}

/// A distributor's look at what their users have makes one call more, for whose it is; at the user, it does not. That
/// is within the limit but for a list of one user's certificates.
#[tokio::test(flavor = "multi_thread")]
async fn a_distributor_makes_one_more() {
    let steward = Steward::start(StewardOptions::default()).await;
    let distributor = steward.user("distributor").await;
    steward.admin().await.put("/api/v1/users/2", json!({"role": "distributor"})).await.ok();
    let theirs = json!({"username": "anna", "password": "a good password", "email": "anna@a.example"});
    distributor.post("/api/add_user", theirs).await.ok();
    let certificate = steward.plant_certificate(3, "example.com").await;
    for (path, expected) in [
        ("/api/v1/users/3".to_owned(), 2),
        (format!("/api/certificates/{certificate}"), 2),
        ("/api/certificates?user_id=3".to_owned(), 4),
        ("/api/v1/acme/accounts?user_id=3".to_owned(), 3),
        ("/api/certificates".to_owned(), 3),
    ] {
        assert_eq!(calls(&steward, &distributor, Method::GET, &path, Value::Null).await.len(), expected, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_makes_three_its_acme_calls_aside() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let (steward, admin) = (&lab.steward, &lab.admin);
    let post = async |path: &str, body: Value| calls(steward, admin, Method::POST, path, body).await;
    let user =
        |name: &str| json!({"username": name, "password": "a good password", "email": format!("{name}@a.example")});

    for (path, body) in [
        ("/api/add_user", user("anna")),
        ("/api/v1/users/register", user("bert")),
        ("/api/v1/acme/providers/create", json!({"name": "another", "directoryUrl": "https://ca.example.com/dir"})),
    ] {
        let calls = post(path, body).await;
        assert!(calls.len() <= 3, "{path}: {calls:?}");
    }

    let order = json!({"domain": "example.com", "issuer": "pebble"});
    let acme = "query acme_accounts";
    let ordered = post("/api/certificates", order.clone()).await;
    let kept = "transact counters+acme_accounts+certificates+counters";
    let expected = ["get users", acme, "get acme_providers", "increment counters", kept];
    assert_eq!(ordered, expected);
    assert!(without_acme(&ordered) <= 3, "{ordered:?}");
    let ordered = post("/api/certificates", json!({"domain": "example.com", "account_id": 1})).await;
    assert_eq!(ordered, ["get users", acme, "increment counters", kept]);

    // The first order of somebody who has no account at the CA yet: it registers one, and makes it their default.
    let anna = steward.client().login("anna", "a good password").await;
    let first = calls(steward, &anna, Method::POST, "/api/certificates", order).await;
    let account = ["increment counters", "transact acme_default_accounts+acme_accounts"];
    assert_eq!(first, ["get users", acme, "get acme_providers", account[0], account[1], "increment counters", kept]);

    let account = json!({"providerName": "pebble", "email": "ops@example.com"});
    let registered = post("/api/v1/acme/account/create", account).await;
    assert!(without_acme(&registered) <= 3, "{registered:?}");
}

/// The calls that are not for reading a provider or an account, or for keeping an account.
fn without_acme(calls: &[String]) -> usize {
    let of_acme = |call: &&String| call.split_once(' ').is_some_and(|(_, tables)| tables.starts_with("acme_"));
    calls.len() - calls.iter().filter(of_acme).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_with_a_certificate() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let (steward, admin) = (&lab.steward, &lab.admin);
    let path = format!("/api/certificates/{}", lab.issue(&["example.com"]).await);
    for format in ["pem", "fullchain", "key", "der", "pfx&password=protects"] {
        let path = format!("{path}/download?format={format}");
        let made = calls(steward, admin, Method::GET, &path, Value::Null).await;
        // The audit entry is written by a worker, at its own time.
        let made: Vec<_> = made.iter().filter(|call| *call != "write audit").collect();
        assert_eq!(made, ["get_many users+certificates"], "{path}");
    }
    calls(steward, admin, Method::PUT, &path, json!({"note": "the shop"})).await;
    calls(steward, admin, Method::POST, &format!("{path}/revoke"), Value::Null).await;
    calls(steward, admin, Method::DELETE, &path, Value::Null).await;
    let login = json!({"username": "admin", "password": ADMIN_PASSWORD});
    for path in ["/api/auth/login", "/api/login", "/api/v1/users/login"] {
        calls(steward, &steward.client(), Method::POST, path, login.clone()).await;
    }
    for path in ["/api/auth/refresh", "/api/v1/users/regenerate-key", "/api/auth/logout"] {
        calls(steward, admin, Method::POST, path, Value::Null).await;
    }
}
