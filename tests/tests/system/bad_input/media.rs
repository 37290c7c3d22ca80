//! Bodies in another form than JSON, and paths with a slash too many.

use reqwest::Method;
use serde_json::{Map, Value, json};
use system_tests::steward::{Client, Reply, Steward, StewardOptions};

use crate::api::{nothing_written, refused, routes};

const GZIP: &str = "Content-Encoding: send the body as it is, without compression";
const FORM: &str = "Content-Type: send a JSON object with 'Content-Type: application/json', not a form";

/// Sends a body with other headers.
async fn send(caller: &Client, (method, path): (&Method, &str), headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
    caller.send_with(method.clone(), path, headers, body).await
}

/// Headers, a body, and the sentence that refuses it.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [u8], &'a str);

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_kind_is_refused_with_what_would_be_right() {
    let steward = Steward::start(StewardOptions { open_registration: true, ..StewardOptions::default() }).await;
    let admin = steward.admin().await;
    let json = ("content-type", "application/json");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let mut walked = 0;
    for route in routes(&steward).await {
        let Some(sample) = route.sample(99).map(|body: Map<String, Value>| Value::Object(body).to_string()) else {
            continue;
        };
        walked += 1;
        let path = route.path_with(99);
        let cases: [Case; 6] = [
            (&[json, ("content-encoding", "gzip")], &[0x1f, 0x8b, 8, 0], GZIP),
            (&[json, ("content-encoding", "br")], sample.as_bytes(), GZIP),
            (&[json], &[0x1f, 0x8b, 8, 0], GZIP),
            (&[form], b"username=admin&password=x", FORM),
            (&[("content-type", "Application/X-WWW-Form-URLencoded; charset=utf-8")], b"a=b", FORM),
            (&[("content-type", "multipart/form-data; boundary=x")], b"--x--", FORM),
        ];
        for (headers, body, expected) in cases {
            steward.store.take();
            let reply = send(&admin, (&route.method, &path), headers, body.to_vec()).await;
            if reply.status == 404 {
                // The id comes first.
                continue;
            }
            assert_eq!(refused(&path, &reply, 415), expected, "{} {headers:?}", route.name());
            nothing_written(&steward, &path);
        }
    }
    assert!(walked > 30, "{walked}");
}

/// JSON is read whatever `Content-Type` says, as `curl -d` sends it, and after a byte order mark.
#[tokio::test(flavor = "multi_thread")]
async fn json_is_read_whatever_it_is_called() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let body = |name: &str| json!({"name": name, "kind": "email", "address": "ops@example.com"}).to_string();
    let to = (&Method::POST, "/api/channels");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    send(&admin, to, &form, body("form").into_bytes()).await.expect(201);
    send(&admin, to, &[], body("nothing").into_bytes()).await.expect(201);
    send(&admin, to, &[("content-encoding", "identity")], body("identity").into_bytes()).await.expect(201);
    send(&admin, to, &[], format!("\u{feff}{}", body("bom")).into_bytes()).await.expect(201);
    let reply = send(&admin, to, &[], "\u{feff}".into()).await.expect(400);
    assert_eq!(reply["error"], "body: must be a JSON object; it is empty");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slash_at_the_end_finds_the_route() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let body = json!({"name": "mail", "kind": "email", "address": "ops@example.com"});
    let id = admin.post("/api/channels/", body).await.expect(201)["id"].clone();
    let whole = admin.get(&format!("/api/channels/{id}")).await.ok();
    assert_eq!(admin.get(&format!("/api/channels/{id}/")).await.ok(), whole);
    assert_eq!(admin.get("/api/certificates//?page=1").await.ok(), admin.get("/api/certificates?page=1").await.ok());
    let entry = crate::audit::entries(&admin, "POST /api/channels", 1).await.remove(0);
    assert_eq!(entry["target"], "/api/channels");
    for route in routes(&steward).await {
        let (path, body) = (route.path_with(99), route.sample(99).map(|body| Value::Object(body).to_string()));
        if route.path == "/api/auth/logout" {
            continue;
        }
        let with = admin.send(route.method.clone(), &format!("{path}/"), body.clone()).await;
        assert_ne!(with.status, 405, "{path}");
        let text = String::from_utf8_lossy(&with.bytes);
        assert!(!text.contains("there is nothing at") && !with.status.is_redirection(), "{path}: {text}");
    }
}
