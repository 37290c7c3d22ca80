use serde_json::json;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::Lab;

use crate::acme::{accounts, one, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_disabled_and_enabled_but_never_the_default_one() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    let default = lab.account(&lab.admin, "a@example.com").await;
    let spare = lab.account(&lab.admin, "b@example.com").await;
    let change =
        async |verb: &str, id: i64| lab.admin.post(&format!("/api/v1/acme/accounts/{verb}"), json!({"id": id})).await;
    for (verb, status) in [("disable", "disabled"), ("disable", "disabled"), ("enable", "active"), ("enable", "active")]
    {
        assert_eq!(one(change(verb, spare).await), json!({"id": spare, "status": status}));
        assert_eq!(accounts(&lab.admin, "").await["items"][0]["status"], status);
    }
    assert_eq!(
        refusal(change("disable", default).await, 409, 3002),
        "cannot disable default account, please set another account as default first"
    );
    assert_eq!(accounts(&lab.admin, "?status=active").await["total"], 2);

    change("disable", spare).await.ok();
    let order = json!({"domain": "example.com", "account_id": spare});
    let refused = lab.admin.post("/api/certificates", order.clone()).await.expect(409);
    let message = format!("ACME account {spare} is disabled; enable it with POST /api/v1/acme/accounts/enable");
    assert_eq!(refused["error"], message);
    change("enable", spare).await.ok();
    lab.admin.post("/api/certificates", order).await.expect(201);
}
