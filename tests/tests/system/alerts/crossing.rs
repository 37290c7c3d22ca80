use domain::alerts::{self, Expiring, Finding, Kind, Level, Subject};
use domain::ids::{CertificateId, UserId};
use jiff::SignedDuration;
use serde_json::json;
use system_tests::peers::WebhookSink;
use system_tests::steward::{Steward, StewardOptions, eventually};

use super::{requests, see, titles, webhook};

/// From nothing to a level, to a higher one, and to nothing: once each, however often it is seen.
#[tokio::test(flavor = "multi_thread")]
async fn each_crossing_is_told_once() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    webhook(&admin, &sink).await;
    for level in [
        None,
        Some(Level::Warning),
        Some(Level::Warning),
        Some(Level::Info),
        Some(Level::Critical),
        Some(Level::Warning),
        Some(Level::Critical),
        None,
        None,
    ] {
        see(&steward, 7, level).await;
    }
    let told = requests(&sink, 3).await;
    let expected = ["[warning]", "[critical]", "[recovered]"];
    for (title, level) in titles(&told).iter().zip(expected) {
        assert!(title.starts_with(&format!("{level} www.example.com: ")), "{title}");
    }
    let [began, raised, over] = [&told[0].json, &told[1].json, &told[2].json].map(|told| &told["alerts"][0]);
    assert_eq!([&began["event"], &raised["event"], &over["event"]], ["began", "raised", "recovered"]);
    assert_eq!(began["id"], over["id"]);
    let alerts = admin.get("/api/alerts").await.ok();
    assert_eq!((&alerts["total"], &alerts["alerts"][0]["state"]), (&json!(1), &json!("over")), "{alerts}");
    assert_eq!(admin.get("/api/alerts?state=firing").await.ok()["total"], 0);

    see(&steward, 7, Some(Level::Info)).await;
    requests(&sink, 4).await;
    let firing = admin.get("/api/alerts?state=firing").await.ok();
    assert_eq!((&firing["total"], &firing["alerts"][0]["level"]), (&json!(1), &json!("info")));
    assert_eq!(admin.get("/api/alerts?search=unreachable").await.ok()["total"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_seen_again_costs_one_read() {
    let steward = Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    see(&steward, 7, Some(Level::Warning)).await;
    steward.store.take();
    see(&steward, 7, Some(Level::Warning)).await;
    see(&steward, 8, None).await;
    assert_eq!(steward.store.take(), ["get alert_standings", "get alert_standings"]);
}

/// Ten at once see the same: one alert, one message.
#[tokio::test(flavor = "multi_thread")]
async fn those_who_see_it_at_once_tell_it_once() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    webhook(&admin, &sink).await;
    let all = (0..10).map(|_| see(&steward, 7, Some(Level::Warning)));
    futures_util::future::join_all(all).await;
    requests(&sink, 1).await;
    assert_eq!(admin.get("/api/alerts").await.ok()["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_told_once_for_its_key() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    webhook(&admin, &sink).await;
    for key in ["run 1", "run 1", "run 2"] {
        let finding = Finding { level: Level::Critical, text: "The reload failed.".into() };
        let subject = Subject::Certificate(CertificateId(3));
        let name = "shop.example.com";
        alerts::announce(&steward.ctx, UserId(1), subject, name, Kind::DeployFailed, finding, key).await.unwrap();
    }
    let told = requests(&sink, 2).await;
    assert_eq!(told[0].json["alerts"][0]["event"], "happened");
    assert_eq!(admin.get("/api/alerts?state=firing").await.ok()["total"], 0);
}

/// A year's certificate that nobody renews: told at 30, 14, 7 and 1 days, and when it has expired; then it is replaced.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_told_of_at_each_threshold() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    webhook(&admin, &sink).await;
    let begin = steward.ctx.clock.now() - SignedDuration::from_hours(24 * 334);
    // An hour more than whole days: the clock goes on while the test runs.
    let end = begin + SignedDuration::from_hours(24 * 365 + 1);
    let watch = async |not_before, not_after| {
        let watched = Expiring {
            owner: UserId(1),
            subject: Subject::Certificate(CertificateId(5)),
            name: "www.example.com",
            what: Expiring::CERTIFICATE,
            not_before,
            not_after,
            remedy: "Renew it.",
        };
        alerts::observe_expiry(&steward.ctx, &watched).await.unwrap();
    };
    let mut told = 0;
    for day in 0..33 {
        watch(begin, end).await;
        watch(begin, end).await;
        // Left are 31, 30, … days.
        told += usize::from([31 - 30, 31 - 14, 31 - 7, 31 - 1, 32].contains(&day));
        eventually("what was told", async || (sink.requests().len() >= told).then_some(())).await;
        steward.clock.advance(std::time::Duration::from_secs(24 * 3600));
    }
    watch(end, end + SignedDuration::from_hours(24 * 365)).await;
    let told = requests(&sink, 6).await;
    let levels: Vec<_> = told.iter().map(|told| told.json["alerts"][0]["level"].as_str().unwrap()).collect();
    assert_eq!(levels[..5], ["info", "warning", "critical", "critical", "critical"]);
    let text = |n: usize| told[n].json["alerts"][0]["text"].as_str().unwrap().to_owned();
    assert!(text(0).contains("in 30 days") && text(0).contains("Renew it."), "{}", text(0));
    assert!(text(3).contains("in 1 day,") && text(4).contains("expired on"), "{} {}", text(3), text(4));
    assert!(titles(&told)[5].starts_with("[recovered] www.example.com: "));
}

/// What somebody who is woken reads: what, which name, since when, what to do, and where to look.
#[tokio::test(flavor = "multi_thread")]
async fn the_words_say_what_to_do() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    webhook(&admin, &sink).await;
    see(&steward, 7, Some(Level::Critical)).await;
    let told = requests(&sink, 1).await[0].json.clone();
    assert_eq!(told["title"], "[critical] www.example.com: does not answer");
    let text = told["text"].as_str().unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "It does not answer (critical).");
    assert_eq!(lines[2], "Name: www.example.com (monitor 7)");
    assert!(lines[3].starts_with("Since: 20") && lines[3].ends_with(" UTC"), "{text}");
    assert_eq!(lines[4], format!("More: {}/api/monitors/7", steward.url()));
}

/// The subject of an alert is deleted: nobody is told, and nothing stands.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_forgotten_stands_no_longer() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    webhook(&admin, &sink).await;
    see(&steward, 7, Some(Level::Critical)).await;
    requests(&sink, 1).await;
    alerts::forget(&steward.ctx, Subject::Monitor(domain::ids::MonitorId(7))).await;
    assert_eq!(admin.get("/api/alerts?state=firing").await.ok()["total"], 0);
    requests(&sink, 1).await;
}
