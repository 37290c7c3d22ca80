use std::sync::Arc;
use std::time::Duration;

use domain::ports::ChallengeType::Dns01;
use domain::ports::{Ca, OrderStatus};
use serde_json::json;

use crate::pebble::{client, csr, names, order_for, settled, start};

#[tokio::test]
async fn issues_for_an_apex_and_its_wildcard() {
    let Some(pebble) = start(json!({}), &[]).await else { return };
    let ca = client();
    let account = pebble.account(&ca).await;
    let names = names(&["steward.test", "*.steward.test"]);

    let order = ca.new_order(&account, &order_for(&names)).await.unwrap();
    assert_eq!((order.status, order.challenges.len()), (OrderStatus::Pending, 2));
    let mut wildcards: Vec<_> = order.challenges.iter().map(|c| c.wildcard).collect();
    wildcards.sort_unstable();
    assert_eq!(wildcards, [false, true]);
    assert!(order.challenges.iter().all(|c| c.name == "steward.test" && c.pending && c.value.len() == 43));

    pebble.publish(&order.challenges).await;
    ca.answer_challenges(&account, &order.url, Dns01).await.unwrap();
    ca.answer_challenges(&account, &order.url, Dns01).await.unwrap();
    let ready = settled(&ca, &account, &order.url, &[OrderStatus::Pending]).await;
    assert_eq!(ready.status, OrderStatus::Ready, "{:?}", ready.problem);
    ca.answer_challenges(&account, &order.url, Dns01).await.unwrap();

    let csr = csr(&names);
    for _ in 0..3 {
        let view = ca.finalize(&account, &order.url, &csr).await.unwrap();
        assert!(matches!(view.status, OrderStatus::Processing | OrderStatus::Valid), "{view:?}");
    }
    let valid = settled(&ca, &account, &order.url, &[OrderStatus::Processing]).await;
    assert_eq!(valid.status, OrderStatus::Valid);
    ca.finalize(&account, &order.url, &csr).await.unwrap();
    for _ in 0..2 {
        let chain = ca.certificate(&account, &order.url).await.unwrap();
        assert_eq!(chain.matches("-----BEGIN CERTIFICATE-----").count(), 2, "{chain}");
    }
}

#[tokio::test]
async fn every_step_resumes_in_a_new_process() {
    let Some(pebble) = start(json!({}), &[]).await else { return };
    let account = pebble.account(&client()).await;
    let names = names(&["www.steward.test"]);
    let order = client().new_order(&account, &order_for(&names)).await.unwrap();
    pebble.publish(&order.challenges).await;
    client().answer_challenges(&account, &order.url, Dns01).await.unwrap();
    settled(&client(), &account, &order.url, &[OrderStatus::Pending]).await;
    client().finalize(&account, &order.url, &csr(&names)).await.unwrap();
    settled(&client(), &account, &order.url, &[OrderStatus::Processing]).await;
    let chain = client().certificate(&account, &order.url).await.unwrap();
    assert!(chain.starts_with("-----BEGIN CERTIFICATE-----"));
}

#[tokio::test]
async fn an_earlier_proof_needs_no_record() {
    let Some(pebble) = start(json!({}), &[("PEBBLE_AUTHZREUSE", "100")]).await else { return };
    let ca = client();
    let account = pebble.account(&ca).await;
    let names = names(&["again.steward.test"]);
    let first = ca.new_order(&account, &order_for(&names)).await.unwrap();
    pebble.publish(&first.challenges).await;
    ca.answer_challenges(&account, &first.url, Dns01).await.unwrap();
    settled(&ca, &account, &first.url, &[OrderStatus::Pending]).await;

    let second = ca.new_order(&account, &order_for(&names)).await.unwrap();
    assert_eq!((second.challenges.len(), second.challenges[0].pending), (1, false));
    ca.answer_challenges(&account, &second.url, Dns01).await.unwrap();
    assert_eq!(ca.order(&account, &second.url).await.unwrap().status, OrderStatus::Ready);
}

#[tokio::test]
async fn a_certificate_costs_at_most_nine_requests() {
    let Some(pebble) = start(json!({}), &[]).await else { return };
    let account = pebble.account(&client()).await;
    let ca = client();
    let mut costs = Vec::new();
    for names in [names(&["one.steward.test"]), names(&["two.steward.test"])] {
        let before = pebble.requests().len();
        let order = ca.new_order(&account, &order_for(&names)).await.unwrap();
        pebble.publish(&order.challenges).await;
        ca.answer_challenges(&account, &order.url, Dns01).await.unwrap();
        let mut polls = 0;
        loop {
            let view = ca.order(&account, &order.url).await.unwrap();
            polls += 1;
            match view.status {
                OrderStatus::Pending | OrderStatus::Processing => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                OrderStatus::Ready => {
                    ca.finalize(&account, &order.url, &csr(&names)).await.unwrap();
                }
                _ => break,
            }
        }
        ca.certificate(&account, &order.url).await.unwrap();
        let after = pebble.requests().len();
        // Looking again is the caller's choice; two looks are the least.
        costs.push(after - before - (polls - 2));
    }
    assert_eq!(costs, [9, 7]);
}

#[tokio::test]
async fn orders_of_one_account_do_not_take_each_other_s_nonces() {
    let Some(pebble) = start(json!({}), &[]).await else { return };
    let ca = Arc::new(client());
    let account = pebble.account(&ca).await;
    let before = pebble.requests().len();
    let mut orders = tokio::task::JoinSet::new();
    for n in 0..10 {
        let (ca, account, names) = (ca.clone(), account.clone(), names(&[&format!("n{n}.steward.test")]));
        orders.spawn(async move { ca.new_order(&account, &order_for(&names)).await.unwrap() });
    }
    assert_eq!(orders.join_all().await.len(), 10);
    // An order and its authorization each; a refused nonce would cost another request.
    let posts = pebble.requests()[before..].iter().filter(|line| line.contains(" POST ")).count();
    assert_eq!(posts, 20);
}
