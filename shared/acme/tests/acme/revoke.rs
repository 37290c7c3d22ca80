use domain::ports::ChallengeType::Dns01;
use domain::ports::{Ca, CaError, OrderStatus};
use serde_json::json;

use crate::pebble::{client, csr, names, order_for, settled, start};

#[tokio::test]
async fn revokes_and_revokes_again() {
    let Some(pebble) = start(json!({}), &[]).await else { return };
    let ca = client();
    let account = pebble.account(&ca).await;
    let names = names(&["gone.steward.test"]);
    let order = ca.new_order(&account, &order_for(&names)).await.unwrap();
    pebble.publish(&order.challenges).await;
    ca.answer_challenges(&account, &order.url, Dns01).await.unwrap();
    settled(&ca, &account, &order.url, &[OrderStatus::Pending]).await;
    ca.finalize(&account, &order.url, &csr(&names)).await.unwrap();
    settled(&ca, &account, &order.url, &[OrderStatus::Processing]).await;
    let chain = ca.certificate(&account, &order.url).await.unwrap();

    ca.revoke(&account, &chain).await.unwrap();
    ca.revoke(&account, &chain).await.unwrap();
    let error = ca.revoke(&account, "no certificate").await.unwrap_err();
    assert!(matches!(error, CaError::Refused(_)), "{error:?}");
}
