use domain::acme::Account;
use domain::ids::AccountId;
use serde_json::json;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Lab, eventually};

use crate::acme::{accounts, ids, one, refusal};

const DELETE: &str = "/api/v1/acme/accounts/delete";

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_is_gone_with_its_key() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    let default = lab.account(&lab.admin, "a@example.com").await;
    let spare = lab.account(&lab.admin, "b@example.com").await;
    assert_eq!(
        refusal(lab.admin.post(DELETE, json!({"id": default})).await, 409, 3002),
        "cannot delete default account, please set another account as default first"
    );
    assert_eq!(one(lab.admin.post(DELETE, json!({"id": spare})).await), json!({"id": spare, "deleted": true}));
    assert_eq!(ids(&accounts(&lab.admin, "").await), [default]);
    refusal(lab.admin.post(DELETE, json!({"id": spare})).await, 404, 3001);

    let left = vec![Account::secret(AccountId(default))];
    let vault = &lab.steward.ctx.vault;
    eventually("the key's end", async || (vault.list("acme-accounts/").await.unwrap() == left).then_some(())).await;
    // The one that stays still works.
    lab.issue(&["example.com"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_certificates_stays_until_they_are_deleted() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    lab.account(&lab.admin, "a@example.com").await;
    let spare = lab.account(&lab.admin, "b@example.com").await;
    let mut certificates = Vec::new();
    for domain in ["a.example.com", "b.example.com"] {
        let ordered = lab.order_with(json!({"domain": domain, "account_id": spare})).await;
        certificates.push(ordered["id"].as_i64().unwrap());
    }
    for certificate in certificates {
        assert_eq!(
            refusal(lab.admin.post(DELETE, json!({"id": spare})).await, 409, 3002),
            "cannot delete account, it is referenced by certificate requests"
        );
        lab.admin.delete(&format!("/api/certificates/{certificate}")).await.ok();
    }
    one(lab.admin.post(DELETE, json!({"id": spare})).await);
}
