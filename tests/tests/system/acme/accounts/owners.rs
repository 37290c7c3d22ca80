use serde_json::json;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::Lab;

use crate::acme::{accounts, ids, one, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_somebody_else_does_not_exist() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    let (alice, bob) = (lab.steward.user("alice").await, lab.steward.user("bob").await);
    let default = lab.account(&alice, "a@example.com").await;
    let spare = lab.account(&alice, "b@example.com").await;
    let before = accounts(&alice, "").await;
    let alices_id = alice.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap();

    for id in [default, spare, 999_999, 0, -1] {
        for (route, body) in [
            ("set-default", json!({"providerId": 5, "accountId": id})),
            ("enable", json!({"id": id})),
            ("disable", json!({"id": id})),
            ("delete", json!({"id": id})),
        ] {
            let reply = bob.post(&format!("/api/v1/acme/accounts/{route}"), body).await;
            assert_eq!(refusal(reply, 404, 3001), "account not found", "{route} {id}");
        }
        let order = json!({"domain": "example.com", "account_id": id});
        let refused = bob.post("/api/certificates", order).await.expect(404);
        assert_eq!(refused["error"], "account not found", "{id}");
    }
    let mine = format!("?user_id={alices_id}");
    refusal(bob.get(&format!("/api/v1/acme/accounts{mine}")).await, 404, 3001);
    assert_eq!(accounts(&bob, "").await["total"], 0);
    assert_eq!(accounts(&alice, "").await, before, "nothing has changed");

    // An administrator reaches everything.
    assert_eq!(ids(&accounts(&lab.admin, &mine).await), [spare, default]);
    assert_eq!(accounts(&lab.admin, "").await["total"], 0);
    let disabled = one(lab.admin.post("/api/v1/acme/accounts/disable", json!({"id": spare})).await);
    assert_eq!(disabled, json!({"id": spare, "status": "disabled"}));
}
