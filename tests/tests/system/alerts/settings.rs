use domain::alerts::{self, Expiring, Subject};
use domain::ids::{CertificateId, UserId};
use jiff::SignedDuration;
use serde_json::json;
use system_tests::peers::WebhookSink;
use system_tests::steward::{Steward, StewardOptions};

use super::{requests, webhook};

#[tokio::test(flavor = "multi_thread")]
async fn thresholds_are_each_owners_own() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, user) = (steward.admin().await, steward.user("anna").await);
    let default = json!({"info": 30, "warning": 14, "critical": 7, "last": 1});
    assert_eq!(admin.get("/api/alerts/settings").await.ok(), default);
    let own = json!({"info": 60, "warning": 40, "critical": 20, "last": 10});
    assert_eq!(admin.put("/api/alerts/settings", own.clone()).await.ok(), own);
    assert_eq!(admin.get("/api/alerts/settings").await.ok(), own);
    assert_eq!(user.get("/api/alerts/settings").await.ok(), default);
    let rising = json!({"info": 7, "warning": 14, "critical": 20, "last": 10});
    admin.put("/api/alerts/settings", rising).await.expect(400);

    let sink = WebhookSink::start().await;
    webhook(&admin, &sink).await;
    let now = steward.ctx.clock.now();
    let watched = Expiring {
        owner: UserId(1),
        subject: Subject::Certificate(CertificateId(5)),
        name: "www.example.com",
        what: Expiring::CERTIFICATE,
        not_before: now - SignedDuration::from_hours(24 * 310),
        not_after: now + SignedDuration::from_hours(24 * 55),
        remedy: "Renew it.",
    };
    alerts::observe_expiry(&steward.ctx, &watched).await.unwrap();
    assert_eq!(requests(&sink, 1).await[0].json["alerts"][0]["level"], "info");
}
