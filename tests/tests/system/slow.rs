//! Callers that never finish what they say.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use clap::Parser;
use futures_util::stream;
use steward::Config;
use system::{SystemClock, SystemEntropy};
use tower::ServiceExt;

/// Time is the test's own: two minutes pass as soon as nothing else can happen.
#[tokio::test(start_paused = true)]
async fn half_a_request_is_given_up_after_two_minutes() {
    let directory = tempfile::tempdir().unwrap();
    let config = Config::parse_from(["steward", "--data", directory.path().to_str().unwrap()]);
    let parts = steward::open(&config, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
    let half = Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let request = Request::post("/api/auth/login").body(half).unwrap();
    let begun = tokio::time::Instant::now();
    let response = steward::router(parts.ctx).oneshot(request).await.unwrap();
    assert_eq!((response.status().as_u16(), begun.elapsed().as_secs()), (503, 120));
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    assert!(String::from_utf8_lossy(&body).contains("the request took too long"), "{body:?}");
}
