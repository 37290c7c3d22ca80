//! HEAD reads: it never does what a GET does beside.

use reqwest::Method;
use serde_json::json;
use system_tests::steward::{Steward, StewardOptions, eventually, link, mails, routes};

use crate::api::nothing_written;

#[tokio::test(flavor = "multi_thread")]
async fn a_head_never_acts() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let certificate = steward.plant_certificate(1, "example.com").await;
    for route in routes(&steward).await.into_iter().filter(|route| route.method == Method::GET) {
        let path = route.path_with(certificate);
        steward.store.take();
        let acts = route.path.ends_with("/download") || route.path == "/api/verify_email";
        let reply = admin.send(Method::HEAD, &path, None).await;
        if acts {
            assert_eq!((reply.status.as_u16(), &reply.headers["allow"]), (405, &"GET".parse().unwrap()), "{path}");
        } else {
            assert_eq!(reply.status, admin.get(&path).await.status, "{path}");
        }
        assert!(reply.bytes.is_empty(), "{path}");
        nothing_written(&steward, &path);
        // A stranger hears first that they are one.
        let stranger = steward.client().send(Method::HEAD, &path, None).await.status;
        let public = route.operation["security"].as_array().is_some_and(|all| all.contains(&json!({})));
        assert_eq!(stranger == 401, !public, "{path}: {stranger}");
    }
    let entries = super::audit::entries(&admin, "POST /api/auth/login", 1).await;
    assert_eq!(super::audit::trail(&admin).await.len(), entries.len(), "a HEAD is in the trail");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_of_the_link_in_a_mail_verifies_nothing() {
    let steward = Steward::start(StewardOptions::default()).await;
    let anna = steward.user("anna").await;
    let address = json!({"email": "anna@example.com"});
    steward.client().post("/api/send_verification_email", address).await.ok();
    let mail = eventually("the mail", async || mails(steward.data()).pop()).await;
    let path = link(&mail, steward.url());
    let verified = async || anna.get("/api/v1/users/profile").await.ok()["data"]["email_verified"].clone();
    assert_eq!(steward.client().send(Method::HEAD, &path, None).await.status, 405);
    assert_eq!(verified().await, json!(false));
    steward.client().get(&path).await.ok();
    assert_eq!(verified().await, json!(true));
}
