use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::Lab;
use tokio::task::JoinSet;

use crate::acme::{accounts, ids, one, refusal};

const CREATE: &str = "/api/v1/acme/account/create";

#[tokio::test(flavor = "multi_thread")]
async fn registers_at_the_ca_and_the_first_is_the_default() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    let body = json!({"providerName": "pebble", "email": "admin@example.com", "eabKid": "", "eabHmacKey": ""});
    let first = one(lab.admin.post(CREATE, body).await);
    assert_eq!((&first["provider_id"], &first["email"]), (&json!(5), &json!("admin@example.com")));
    assert_eq!((&first["status"], &first["is_default"]), (&json!("active"), &json!(true)));
    assert!(first["created_at"].as_str().unwrap().ends_with('Z'), "{first}");
    let at_the_ca = lab.pebble.directory_url().replace("/dir", "/my-account/");
    assert!(first["account_url"].as_str().unwrap().starts_with(&at_the_ca), "{first}");

    let second = one(lab.admin.post(CREATE, json!({"providerName": "Pebble", "email": "b@example.com"})).await);
    assert_eq!(second["is_default"], false);
    assert_ne!(second["account_url"], first["account_url"], "each account has a key of its own");
    assert_eq!(lab.steward.ctx.vault.list("acme-accounts/").await.unwrap().len(), 2);

    let listed = accounts(&lab.admin, "").await;
    let mut expected = first.clone();
    expected["provider_name"] = json!("pebble");
    assert_eq!((&listed["total"], &listed["items"][1]), (&json!(2), &expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_value_is_refused_by_name_and_nothing_is_kept() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    let wrong: [(&str, Value); 7] = [
        ("email", json!("nobody")),
        ("email", json!("")),
        ("email", json!(["a@example.com"])),
        ("providerName", json!("nowhere")),
        ("providerName", json!("")),
        ("providerName", json!(1)),
        ("provider_name", json!("pebble")),
    ];
    for (field, value) in wrong {
        let mut body = json!({"providerName": "pebble", "email": "a@example.com"});
        body[field] = value;
        let message = refusal(lab.admin.post(CREATE, body.clone()).await, 400, 2001);
        assert!(message.starts_with(&format!("{field}: ")), "{body}: {message}");
    }
    assert_eq!(accounts(&lab.admin, "").await["total"], 0);
    assert_eq!(lab.steward.ctx.vault.list("acme-accounts/").await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_made_at_once_exactly_one_is_the_default() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    let mut calls = JoinSet::new();
    for n in 0..10 {
        let admin = lab.admin.clone();
        calls.spawn(async move {
            let body = json!({"providerName": "pebble", "email": format!("a{n}@example.com")});
            one(admin.post(CREATE, body).await)
        });
    }
    let made = calls.join_all().await;
    assert_eq!(made.iter().filter(|account| account["is_default"] == true).count(), 1, "{made:?}");
    let listed = accounts(&lab.admin, "").await;
    let defaults: Vec<&Value> =
        listed["items"].as_array().unwrap().iter().filter(|account| account["is_default"] == true).collect();
    assert_eq!((ids(&listed).len(), defaults.len()), (10, 1));
}
