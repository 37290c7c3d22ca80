use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{EAB_KEY, EAB_KID, PebbleOptions};
use system_tests::steward::Lab;

use crate::acme::{accounts, one, refusal};

fn body(kid: &str, key: &str) -> Value {
    json!({"providerName": "pebble", "email": "admin@example.com", "eabKid": kid, "eabHmacKey": key})
}

async fn lab() -> Lab {
    Lab::bare(PebbleOptions { eab: true, ..PebbleOptions::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_binding_registers_and_is_never_shown_again() {
    need!("pebble", "pebble-challtestsrv");
    let lab = lab().await;
    let post = async |body| lab.admin.post("/api/v1/acme/account/create", body).await;
    let made = one(post(body(EAB_KID, EAB_KEY)).await);
    assert_eq!(made["is_default"], true);
    // As a website shows it: padded, and with a line's end.
    let made_again = one(post(body(&format!(" {EAB_KID} "), &format!("{EAB_KEY}\n"))).await);
    assert_ne!(made["id"], made_again["id"]);
    let listed = accounts(&lab.admin, "").await.to_string();
    assert!(!listed.contains(EAB_KEY) && !listed.contains(EAB_KID), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_binding_the_answer_says_what_is_needed_and_nothing_is_kept() {
    need!("pebble", "pebble-challtestsrv");
    let lab = lab().await;
    let other_key = "A".repeat(64);
    let wrong = [
        (body("", ""), 400, 2001, "eabKid: is needed for an account at pebble"),
        (json!({"providerName": "pebble", "email": "a@example.com"}), 400, 2001, "eabKid: is needed"),
        (body("", EAB_KEY), 400, 2001, "eabKid: must be given together with eabHmacKey"),
        (body(EAB_KID, ""), 400, 2001, "eabHmacKey: must be given together with eabKid"),
        (body(EAB_KID, "not base64!"), 400, 2001, "eabHmacKey: must be base64url"),
        (body(EAB_KID, &other_key), 409, 3002, "check eabKid and eabHmacKey"),
        (body("kid-2", EAB_KEY), 409, 3002, "check eabKid and eabHmacKey"),
    ];
    for (body, status, code, words) in wrong {
        let message = refusal(lab.admin.post("/api/v1/acme/account/create", body.clone()).await, status, code);
        assert!(message.contains(words), "{body}: {message}");
        assert!(!message.contains(EAB_KEY), "{message}");
    }
    assert_eq!(accounts(&lab.admin, "").await["total"], 0);
    assert_eq!(lab.steward.ctx.vault.list("acme-accounts/").await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_an_account_says_how_to_make_one() {
    need!("pebble", "pebble-challtestsrv");
    let lab = lab().await;
    let order = json!({"domain": "example.com", "issuer": "pebble"});
    let refused = lab.admin.post("/api/certificates", order.clone()).await.expect(409);
    let message = refused["error"].as_str().unwrap();
    for part in ["pebble", "external account binding", "POST /api/v1/acme/account/create", "eabKid", "eabHmacKey"] {
        assert!(message.contains(part), "'{part}' is not in: {message}");
    }
    one(lab.admin.post("/api/v1/acme/account/create", body(EAB_KID, EAB_KEY)).await);
    lab.admin.post("/api/certificates", order).await.expect(201);
}
