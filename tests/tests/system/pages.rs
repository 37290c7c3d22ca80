//! What browsers are told about the pages of the documentation, and about all other answers.

use system_tests::steward::{Steward, StewardOptions};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_frames_an_answer_and_pages_load_only_their_own() {
    let steward = Steward::start(StewardOptions::default()).await;
    let nobody = steward.client();
    let policy = async |path: &str| {
        let reply = nobody.get(path).await;
        assert_eq!(reply.headers["x-frame-options"], "DENY", "{path}");
        reply.headers["content-security-policy"].to_str().unwrap().to_owned()
    };
    for path in ["/api/docs/", "/api/docs/index.html", "/api/docs/swagger-ui-bundle.js"] {
        let said = policy(path).await;
        for part in ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(said.contains(part), "{path}: {said}");
        }
    }
    for path in ["/api/health", "/api/openapi.json", "/api/certificates", "/nowhere", "/api/docs/nowhere.js"] {
        assert_eq!(policy(path).await, "default-src 'none'; frame-ancestors 'none'", "{path}");
    }
}
