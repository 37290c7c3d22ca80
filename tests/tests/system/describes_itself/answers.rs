use domain::alerts::{Finding, Kind, Level, Observation, Subject};
use domain::ids::{MonitorId, UserId};
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{PebbleOptions, WebhookSink};
use system_tests::steward::{ADMIN_PASSWORD, Client, Lab, Reply, Steward, eventually};

/// What each route really answers has the fields that the document gives it: two schemas under one name, or a field
/// that is not said, would show here.
#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_the_document_says() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let (admin, nobody) = (&lab.admin, lab.steward.client());
    let document = nobody.get("/api/openapi.json").await.ok();
    let mut checked = Vec::new();
    let mut check = |route: &str, reply: Reply| {
        fits(&document, route, &reply);
        checked.push(route.to_owned());
        reply.json
    };
    let login = json!({"username": "admin", "password": system_tests::steward::ADMIN_PASSWORD});
    for path in ["/api/auth/login", "/api/login", "/api/v1/users/login"] {
        check(&format!("POST {path}"), nobody.post(path, login.clone()).await);
    }
    let user =
        |name: &str| json!({"username": name, "password": "a good password", "email": format!("{name}@a.example")});
    check("POST /api/add_user", admin.post("/api/add_user", user("anna")).await);
    check("POST /api/v1/users/register", admin.post("/api/v1/users/register", user("bert")).await);
    let mail = json!({"email": "anna@a.example"});
    check("POST /api/send_verification_email", nobody.post("/api/send_verification_email", mail).await);
    for path in ["/api/health", "/api/urls", "/api/v1/users", "/api/v1/users/profile", "/api/v1/acme/providers"] {
        check(&format!("GET {path}"), admin.get(path).await);
    }
    check("GET /api/v1/acme/accounts", admin.get("/api/v1/acme/accounts").await);
    check("GET /api/v1/users/{id}", admin.get("/api/v1/users/2").await);
    check("PUT /api/v1/users/{id}", admin.put("/api/v1/users/2", json!({"role": "user"})).await);
    for verb in ["suspend", "reactivate"] {
        let reply = admin.post(&format!("/api/v1/users/2/{verb}"), Value::Null).await;
        check(&format!("POST /api/v1/users/{{id}}/{verb}"), reply);
    }
    check("DELETE /api/v1/users/{id}", admin.delete("/api/v1/users/3").await);

    let profile = json!({"email": "boss@example.com", "current_password": system_tests::steward::ADMIN_PASSWORD});
    check("PUT /api/v1/users/profile", admin.put("/api/v1/users/profile", profile).await);

    let account = json!({"providerName": "pebble", "email": "ops@example.com"});
    let account = check("POST /api/v1/acme/account/create", admin.post("/api/v1/acme/account/create", account).await);
    let id = account["data"]["items"][0]["id"].clone();
    for verb in ["disable", "enable", "delete"] {
        let path = format!("/api/v1/acme/accounts/{verb}");
        check(&format!("POST {path}"), admin.post(&path, json!({"id": id})).await);
    }
    let default = json!({"providerId": account["data"]["items"][0]["provider_id"], "accountId": 1});
    let path = "/api/v1/acme/accounts/set-default";
    check(&format!("POST {path}"), admin.post(path, default).await);
    let ca = json!({"name": "another", "directoryUrl": "https://ca.example.com/dir"});
    let path = "/api/v1/acme/providers/create";
    check(&format!("POST {path}"), admin.post(path, ca).await);

    let order = json!({"domain": "example.com", "issuer": "pebble"});
    let ordered = check("POST /api/certificates", admin.post("/api/certificates", order).await);
    lab.make_records(&ordered).await;
    let path = format!("/api/certificates/{}", ordered["id"]);
    let verified =
        check("POST /api/certificates/{id}/verify", admin.post(&format!("{path}/verify"), Value::Null).await);
    lab.ended(verified["operation_id"].as_i64().unwrap()).await;
    let operation = format!("/api/operations/{}", verified["operation_id"]);
    check("GET /api/operations/{id}", admin.get(&operation).await);
    check("GET /api/certificates", admin.get("/api/certificates").await);
    check("GET /api/certificates/{id}", admin.get(&path).await);
    check("PUT /api/certificates/{id}", admin.put(&path, json!({"note": "the shop"})).await);
    downloads_are_of_the_types_the_document_lists(&document, admin, &path).await;
    lab.steward.clock.advance(std::time::Duration::from_secs(2 * 60 * 60));
    check("POST /api/certificates/{id}/renew", admin.post(&format!("{path}/renew"), Value::Null).await);
    check("POST /api/certificates/{id}/revoke", admin.post(&format!("{path}/revoke"), Value::Null).await);
    check("DELETE /api/certificates/{id}", admin.delete(&path).await);
    check("POST /api/certificates/cleanup", admin.post("/api/certificates/cleanup", Value::Null).await);
    servers(&lab, &mut check).await;
    let new = json!({"domain": "www.example.com", "ip_address": "127.0.0.1", "port": lab.pebble.address().port()});
    let made = check("POST /api/monitors", admin.post("/api/monitors", new).await);
    let path = format!("/api/monitors/{}", made["id"]);
    check("POST /api/monitors/{id}/check", admin.post(&format!("{path}/check"), Value::Null).await);
    check("GET /api/monitors", admin.get("/api/monitors").await);
    check("GET /api/monitors/{id}", admin.get(&path).await);
    check("GET /api/monitors/{id}/checks", admin.get(&format!("{path}/checks")).await);
    check("PUT /api/monitors/{id}", admin.put(&path, json!({"note": "the shop"})).await);
    check("DELETE /api/monitors/{id}", admin.delete(&path).await);
    check("GET /api/audit", admin.get("/api/audit").await);
    let before = json!({"before": "2020-01-01T00:00:00Z"});
    check("POST /api/audit/purge", admin.post("/api/audit/purge", before).await);
    alerts(&lab.steward, admin, &mut check).await;

    let preflight = json!({"domain": "example.com", "issuer": "letsencrypt"});
    let reply = admin.post("/api/certificates/preflight", preflight).await;
    check("POST /api/certificates/preflight", reply);
    check("GET /api/dns-providers", admin.get("/api/dns-providers").await);
    let credential = json!({"name": "ours", "provider": "bunny", "fields": {"api_key": "secret"}});
    let credential = check("POST /api/dns-credentials", admin.post("/api/dns-credentials", credential).await);
    let path = format!("/api/dns-credentials/{}", credential["id"]);
    check("GET /api/dns-credentials", admin.get("/api/dns-credentials").await);
    check("GET /api/dns-credentials/{id}", admin.get(&path).await);
    check("PUT /api/dns-credentials/{id}", admin.put(&path, json!({"zone": "lab.invalid"})).await);
    let zone = json!({"dns_credential_id": credential["id"], "zone": "acme.lab.invalid"});
    check("PUT /api/delegation", admin.put("/api/delegation", zone).await);
    check("GET /api/delegation", admin.get("/api/delegation?domain=www.example.com").await);
    check("DELETE /api/delegation", admin.delete("/api/delegation").await);
    let other = lab.steward.plant_dns_credential(1).await;
    let reply = admin.post(&format!("/api/dns-credentials/{other}/test"), json!({})).await;
    check("POST /api/dns-credentials/{id}/test", reply);
    check("DELETE /api/dns-credentials/{id}", admin.delete(&path).await);
    let change = json!({"email": "new@example.com", "current_password": ADMIN_PASSWORD});
    check("PUT /api/v1/users/profile", admin.put("/api/v1/users/profile", change).await);
    let password = json!({"current_password": ADMIN_PASSWORD});
    check("POST /api/v1/users/regenerate-key", admin.post("/api/v1/users/regenerate-key", password).await);
    check("POST /api/auth/refresh", admin.post("/api/auth/refresh", Value::Null).await);
    check("POST /api/auth/logout", admin.post("/api/auth/logout", Value::Null).await);

    let all = crate::api::routes(&lab.steward).await.into_iter().map(|route| route.name());
    // Files, and the end of a link in a mail, which the tests of the mail follow.
    let elsewhere =
        ["GET /api/certificates/{id}/download", "GET /api/verify_email", "GET /.well-known/acme-challenge/{token}"];
    let left: Vec<_> = all.filter(|name| !checked.contains(name) && !elsewhere.contains(&name.as_str())).collect();
    assert!(left.is_empty(), "nobody looked at {left:?}");
}

async fn downloads_are_of_the_types_the_document_lists(document: &Value, admin: &Client, certificate: &str) {
    let path = "/paths/~1api~1certificates~1{id}~1download/get/responses/200/content";
    let mut listed: Vec<&String> = document.pointer(path).unwrap().as_object().unwrap().keys().collect();
    let mut sent = Vec::new();
    for format in tls::export::Format::ALL {
        let reply = admin.get(&format!("{certificate}/download?format={format}&password=protects")).await;
        assert_eq!(reply.status, 200, "{format}");
        sent.push(reply.headers["content-type"].to_str().unwrap().to_owned());
    }
    listed.sort();
    sent.sort();
    assert_eq!(listed, sent.iter().collect::<Vec<_>>());
}

async fn alerts(steward: &Steward, admin: &Client, check: &mut impl FnMut(&str, Reply) -> Value) {
    let sink = WebhookSink::start().await;
    let new = json!({"name": "hook", "kind": "webhook", "url": sink.url("/hook")});
    let made = check("POST /api/channels", admin.post("/api/channels", new).await);
    let path = format!("/api/channels/{}", made["id"]);
    check("POST /api/channels/{id}/test", admin.post(&format!("{path}/test"), Value::Null).await);
    check("PUT /api/channels/{id}", admin.put(&path, json!({"name": "the hook"})).await);
    let finding = Some(Finding { level: Level::Warning, text: "It does not answer.".into() });
    let (owner, subject) = (UserId(1), Subject::Monitor(MonitorId(1)));
    let seen = Observation { owner, subject, name: "www.example.com", kind: Kind::Unreachable, finding };
    domain::alerts::observe(&steward.ctx, seen).await.unwrap();
    check("GET /api/alerts", admin.get("/api/alerts").await);
    check("GET /api/channels", admin.get("/api/channels").await);
    check("GET /api/channels/{id}", admin.get(&path).await);
    check("DELETE /api/channels/{id}", admin.delete(&path).await);
    let thresholds = check("GET /api/alerts/settings", admin.get("/api/alerts/settings").await);
    check("PUT /api/alerts/settings", admin.put("/api/alerts/settings", thresholds).await);
}

/// A server that nobody answers at, and a deployment to it.
async fn servers(lab: &Lab, check: &mut impl FnMut(&str, Reply) -> Value) {
    let admin = &lab.admin;
    let server = json!({"type": "nginx", "name": "web1", "ip_address": "127.0.0.1"});
    let server = check("POST /api/servers", admin.post("/api/servers", server).await);
    let path = format!("/api/servers/{}", server["id"]);
    check("GET /api/servers", admin.get("/api/servers").await);
    check("PUT /api/servers/{id}", admin.put(&path, json!({"name": "web-1"})).await);
    let ssh = admin.put(&format!("{path}/ssh"), json!({"port": 1})).await;
    check("PUT /api/servers/{id}/ssh", ssh);
    check("GET /api/servers/{id}", admin.get(&path).await);
    lab.steward.plant_refused_host_key(server["id"].as_i64().unwrap()).await;
    let accept = json!({"fingerprint": "SHA256:new"});
    let route = "POST /api/servers/{id}/ssh/host-key";
    check(route, admin.post(&format!("{path}/ssh/host-key"), accept).await);
    let started = check("POST /api/servers/{id}/ssh/test", admin.post(&format!("{path}/ssh/test"), Value::Null).await);
    lab.ended(started["operation_id"].as_i64().unwrap()).await;

    let certificate = lab.steward.plant_certificate(1, "www.example.com").await;
    let new = json!({"certificate_id": certificate, "server_id": server["id"], "deploy_path": "/etc/ssl/www",
        "config": {"port": 443, "addresses": ["127.0.0.1"], "names": ["www.example.com"], "test": "true"}});
    let deployment = check("POST /api/deployments", admin.post("/api/deployments", new).await);
    let at = format!("/api/deployments/{}", deployment["id"]);
    check("PUT /api/deployments/{id}", admin.put(&at, json!({"deploy_path": "/etc/ssl/other"})).await);
    let run = admin.post(&format!("{at}/run"), json!({"dry_run": true})).await;
    let run = check("POST /api/deployments/{id}/run", run);
    check("GET /api/deployments", admin.get("/api/deployments").await);
    check("GET /api/deployments/{id}", admin.get(&at).await);
    // Nobody is there: it tries for a while before it gives up.
    let tried = async || {
        let shown = admin.get(&format!("/api/operations/{}", run["operation_id"])).await.ok();
        let waits = shown["steps"].as_array().unwrap().iter().any(|step| step["detail"].is_string());
        (waits || shown["state"] == "failed").then_some(())
    };
    eventually("the first try", tried).await;
    lab.steward.clock.advance(std::time::Duration::from_secs(180));
    lab.ended(run["operation_id"].as_i64().unwrap()).await;
    check("GET /api/deployments/{id}/runs", admin.get(&format!("{at}/runs")).await);
    check("DELETE /api/deployments/{id}", admin.delete(&at).await);
    check("DELETE /api/servers/{id}", admin.delete(&path).await);
}

#[track_caller]
fn fits(document: &Value, route: &str, reply: &Reply) {
    assert!(reply.status.is_success(), "{route}: {} {}", reply.status, reply.json);
    let (method, path) = route.split_once(' ').unwrap();
    let responses = &document["paths"][path][method.to_lowercase()]["responses"];
    let schema = &responses[reply.status.as_str()]["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{route}: the document has no {}", reply.status);
    compare(document, schema, &reply.json, route);
}

fn compare(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return compare(document, document.pointer(&reference[1..]).unwrap(), value, at);
    }
    if let Some(parts) = schema["oneOf"].as_array() {
        let some = parts.iter().find(|part| (part["type"] == "null") == value.is_null());
        return compare(document, some.unwrap_or_else(|| panic!("{at}: {value}")), value, at);
    }
    if let Some(items) = value.as_array() {
        items.iter().for_each(|item| compare(document, &schema["items"], item, &format!("{at}[]")));
    }
    if let Some(text) = value.as_str() {
        let words = schema["enum"].as_array();
        assert!(words.is_none_or(|words| words.contains(value)), "{at}: {text} is none of {words:?}");
        let longest = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
        assert!(text.chars().count() as u64 <= longest, "{at}: {text} is longer than {longest}");
        if schema["format"] == "date-time" {
            assert_eq!((text.len(), &text[19..]), (20, "Z"), "{at}: {text} is no time in whole seconds");
        } else {
            assert!(text.parse::<jiff::Timestamp>().is_err(), "{at} is a time, and the document does not say so");
        }
    }
    if let Some(number) = value.as_i64() {
        let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
        assert!(least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most), "{at}: {number}");
    }
    let types: Vec<&Value> = schema["type"].as_array().map_or_else(|| vec![&schema["type"]], |t| t.iter().collect());
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let Some(fields) = value.as_object() else {
        assert!(types.contains(&&json!(kind)), "{at} is {kind} and not {types:?}");
        return;
    };
    let (mut properties, mut required) = (serde_json::Map::new(), Vec::new());
    collect(document, schema, &mut properties, &mut required);
    for (name, value) in fields {
        let schema = properties.get(name).unwrap_or_else(|| panic!("{at}.{name} is not in the document"));
        compare(document, schema, value, &format!("{at}.{name}"));
    }
    for name in required {
        assert!(fields.contains_key(&name), "{at}.{name} is not in the answer");
    }
}

/// The fields of a schema, those it is composed of among them.
fn collect(
    document: &Value,
    schema: &Value,
    properties: &mut serde_json::Map<String, Value>,
    required: &mut Vec<String>,
) {
    if let Some(reference) = schema["$ref"].as_str() {
        return collect(document, document.pointer(&reference[1..]).unwrap(), properties, required);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect(document, part, properties, required);
    }
    properties.extend(schema["properties"].as_object().into_iter().flatten().map(|(n, s)| (n.clone(), s.clone())));
    required.extend(schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()));
}
