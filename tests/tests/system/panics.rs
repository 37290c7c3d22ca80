//! A request that panics.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use serde_json::json;
use steward_http::{App, Caller};
use system_tests::steward::{Steward, StewardOptions};

async fn panicking(_caller: Caller) -> &'static str {
    panic!("a bug\nwith two lines")
}

/// The caller hears the request's id, the trail has the outcome, and the next request on the same connection is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_its_request_and_nothing_else() {
    let steward = Steward::start(StewardOptions::default()).await;
    let routes = Router::new().route("/api/panic", post(panicking));
    let area = steward::everything().merge(routes);
    let router = steward_http::finish(area, App::new(steward.ctx.clone()), Duration::from_secs(10));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });

    let admin = steward.admin().await;
    let there = admin.at(&url);
    for _ in 0..3 {
        let reply = there.post("/api/panic", json!({})).await;
        let id = reply.headers["x-request-id"].to_str().unwrap().to_owned();
        let expected = format!("internal error; the log has the cause under request {id}");
        assert_eq!(reply.expect(500), json!({"error": expected}));
        there.get("/api/health").await.ok();
    }
    let entries = crate::audit::entries(&admin, "POST /api/panic", 3).await;
    assert!(entries.iter().all(|entry| entry["status"] == 500), "{entries:?}");
    server.abort();
}
