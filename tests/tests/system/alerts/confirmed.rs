//! An address gets nothing but the question before it has confirmed; making and deleting channels gets nobody more.

use domain::alerts::Level;
use domain::alerts::channels::Channel;
use domain::entity;
use domain::ports::{Key, QueueName};
use serde_json::{Value, json};
use system_tests::steward::{Client, Steward, StewardOptions, eventually, link, mails, open_newest_link};

use super::see;

async fn mail_to(caller: &Client, address: &str) -> i64 {
    let body = json!({"name": "mail", "kind": "email", "address": address});
    caller.post("/api/channels", body).await.expect(201)["id"].as_i64().unwrap()
}

async fn number_of_mails(steward: &Steward, number: usize) {
    eventually(&format!("{number} mails"), async || (mails(steward.data()).len() >= number).then_some(())).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(mails(steward.data()).len(), number, "{:#?}", mails(steward.data()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_asked_once_and_told_nothing_before_it_agrees() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let id = mail_to(&admin, "stranger@example.org").await;
    number_of_mails(&steward, 1).await;
    let test = format!("/api/channels/{id}/test");
    let refused = admin.post(&test, Value::Null).await.expect(409);
    assert!(refused["error"].as_str().unwrap().contains("has not confirmed that it wants alerts"), "{refused}");
    see(&steward, 1, Some(Level::Critical)).await;
    number_of_mails(&steward, 1).await;
    let shown = admin.get(&format!("/api/channels/{id}")).await.ok();
    assert_eq!((&shown["confirmed"], &shown["waiting"]), (&json!(false), &json!(0)));

    let wrong = steward.client().get(&format!("/api/verify_email?token=channel-{id}-0000")).await.expect(400);
    assert!(wrong["error"].as_str().unwrap().starts_with("token: "), "{wrong}");
    open_newest_link(&steward).await;
    assert_eq!(admin.get(&format!("/api/channels/{id}")).await.ok()["confirmed"], true);
    admin.post(&test, Value::Null).await.ok();
    number_of_mails(&steward, 2).await;

    // Another address begins anew, and the old link is good for it no more.
    let old = link(&mails(steward.data())[0], steward.url());
    let changed = admin.put(&format!("/api/channels/{id}"), json!({"address": "other@example.org"})).await.ok();
    assert_eq!(changed["confirmed"], false, "{changed}");
    number_of_mails(&steward, 3).await;
    steward.client().get(&old).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_channels_are_three_mails_to_a_stranger() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (anna, ben) = (steward.user("anna").await, steward.user("ben").await);
    for _ in 0..30 {
        for caller in [&anna, &ben] {
            let id = mail_to(caller, "Stranger@example.org").await;
            caller.post(&format!("/api/channels/{id}/test"), Value::Null).await;
            caller.delete(&format!("/api/channels/{id}")).await.ok();
        }
    }
    eventually("an empty queue", async || {
        steward.ctx.queue.waiting(QueueName::Notifier).await.unwrap().is_empty().then_some(())
    })
    .await;
    let sent = mails(steward.data()).len();
    assert!((1..=3).contains(&sent), "{sent} mails");
    println!("60 channels made, tested and deleted: {sent} mails to the address");

    // An owner asks twenty addresses a day, however many channels come and go.
    for n in 0..25 {
        let id = mail_to(&anna, &format!("stranger{n}@example.org")).await;
        anna.post(&format!("/api/channels/{id}/test"), Value::Null).await;
        anna.delete(&format!("/api/channels/{id}")).await.ok();
    }
    let sent = mails(steward.data()).len();
    assert!(sent <= 3 + 20, "{sent} mails");
    // Webhooks of strangers are not flooded either.
    let sink = system_tests::peers::WebhookSink::start().await;
    for n in 0..40 {
        let body = json!({"name": n.to_string(), "kind": "slack", "url": sink.url("/hook")});
        let id = ben.post("/api/channels", body).await.expect(201)["id"].as_i64().unwrap();
        let tested = ben.post(&format!("/api/channels/{id}/test"), Value::Null).await.status;
        assert_eq!(tested, if n < 30 { 200 } else { 429 }, "{n}");
        ben.delete(&format!("/api/channels/{id}")).await.ok();
    }
    assert_eq!(sink.requests().len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_address_that_is_verified_and_channels_from_before_need_no_question() {
    let steward = Steward::start(StewardOptions::default()).await;
    let anna = steward.user("anna").await;
    anna.post("/api/send_verification_email", json!({"email": "anna@example.com"})).await.ok();
    eventually("the mail", async || (mails(steward.data()).len() == 1).then_some(())).await;
    open_newest_link(&steward).await;
    let id = mail_to(&anna, "anna@example.com").await;
    anna.post(&format!("/api/channels/{id}/test"), Value::Null).await.ok();
    number_of_mails(&steward, 2).await;

    let id = mail_to(&anna, "ops@example.org").await;
    number_of_mails(&steward, 3).await;
    let store = steward.ctx.store.as_ref();
    let row = entity::load::<Channel>(store, Key::of(id)).await.unwrap();
    let mut old = entity::to_item(&row.value, 1).unwrap();
    old.remove("confirmed");
    old.remove("confirmation");
    let old = entity::from_item::<Channel>(old).unwrap().value;
    assert!(old.is_confirmed(), "a row of an earlier version");
}
