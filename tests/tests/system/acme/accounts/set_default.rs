use serde_json::json;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Client, Lab};
use tokio::task::JoinSet;

use crate::acme::{accounts, one, refusal};

const SET: &str = "/api/v1/acme/accounts/set-default";

async fn defaults(client: &Client) -> Vec<i64> {
    let listed = accounts(client, "").await;
    let items = listed["items"].as_array().unwrap().iter().filter(|account| account["is_default"] == true);
    items.map(|account| account["id"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_the_default_and_orders_follow() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    let first = lab.account(&lab.admin, "a@example.com").await;
    let second = lab.account(&lab.admin, "b@example.com").await;
    assert_eq!(defaults(&lab.admin).await, [first]);
    for id in [second, second, first, second] {
        let set = one(lab.admin.post(SET, json!({"providerId": 5, "accountId": id})).await);
        assert_eq!(set, json!({"providerId": 5, "accountId": id}));
        assert_eq!(defaults(&lab.admin).await, [id]);
    }
    let ordered = lab.order(&["example.com"]).await;
    let shown = lab.admin.get(&format!("/api/certificates/{}", ordered["id"])).await.ok();
    assert_eq!(shown["account_id"], second);
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_what_cannot_be_the_default() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    let first = lab.account(&lab.admin, "a@example.com").await;
    let second = lab.account(&lab.admin, "b@example.com").await;
    lab.admin.post("/api/v1/acme/accounts/disable", json!({"id": second})).await.ok();

    let disabled = refusal(lab.admin.post(SET, json!({"providerId": 5, "accountId": second})).await, 409, 3002);
    assert_eq!(disabled, "only an active account can be set as default, please enable it first");
    for provider in [1, 99] {
        let reply = lab.admin.post(SET, json!({"providerId": provider, "accountId": first})).await;
        let message = refusal(reply, 400, 2001);
        assert_eq!(message, format!("providerId: account {first} is at provider 5, not at {provider}"));
    }
    let unknown = lab.admin.post(SET, json!({"providerId": 5, "accountId": 999})).await;
    assert_eq!(refusal(unknown, 404, 3001), "account not found");
    refusal(lab.admin.post(SET, json!({"accountId": first})).await, 400, 2001);
    assert_eq!(defaults(&lab.admin).await, [first]);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_once_they_leave_exactly_one() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    let mut made = Vec::new();
    for n in 0..3 {
        made.push(lab.account(&lab.admin, &format!("a{n}@example.com")).await);
    }
    for _ in 0..10 {
        let mut calls = JoinSet::new();
        for id in made.repeat(4) {
            let admin = lab.admin.clone();
            calls.spawn(async move { admin.post(SET, json!({"providerId": 5, "accountId": id})).await });
        }
        let replies = calls.join_all().await;
        for reply in &replies {
            assert!(reply.status == 200 || reply.status == 409, "{}: {}", reply.status, reply.json);
        }
        assert!(replies.iter().any(|reply| reply.status == 200), "{replies:?}");
        assert_eq!(defaults(&lab.admin).await.len(), 1);
    }
}
