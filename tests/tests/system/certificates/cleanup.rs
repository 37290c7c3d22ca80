use domain::certificates::{Certificate, State};
use domain::entity::{self, Stored};
use domain::ids::OperationId;
use domain::ports::Key;
use secrecy::SecretString;
use serde_json::json;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Lab, certificate_row, eventually, issued_until, put_certificates};

use super::{id_of, keys, total};
use crate::drills::books::work_off;

#[tokio::test(flavor = "multi_thread")]
async fn deletes_all_that_expired_or_failed_and_says_how_many() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let (me, alice) = (id_of(&lab.admin).await, lab.steward.user("alice").await);
    let account = lab.account(&lab.admin, "spare@example.com").await;
    let alices = id_of(&alice).await;
    let failed = || State::Failed { reason: "the CA said no".to_owned() };
    let State::Issued(expired) = issued_until(-5) else { unreachable!() };
    let at_work = State::Verifying { operation: OperationId(999) };
    let revoked = State::Revoked { issued: expired, at: jiff::Timestamp::now() };

    let mut useless = Vec::new();
    for n in 0..40 {
        useless.push(certificate_row(me, account, &format!("expired{n}.example.com"), issued_until(-1)));
        useless.push(certificate_row(me, account, &format!("failed{n}.example.com"), failed()));
    }
    let useless = put_certificates(&lab.steward.ctx, useless).await;
    let kept = [State::Unissued, at_work, issued_until(1), revoked];
    let kept = kept.into_iter().map(|state| certificate_row(me, account, "kept.example.com", state)).collect();
    let mut kept = put_certificates(&lab.steward.ctx, kept).await;
    let others = vec![certificate_row(alices, account, "other.example.com", failed())];
    put_certificates(&lab.steward.ctx, others).await;
    for id in useless.iter().chain(&kept) {
        let name = Certificate::secret(domain::ids::CertificateId(*id), 0);
        lab.steward.ctx.vault.put(&name, &SecretString::from("a key")).await.unwrap();
    }
    assert_eq!(total(&lab.admin).await, 84);

    let cleaned = lab.admin.post("/api/certificates/cleanup", json!({})).await.expect(200);
    assert_eq!(cleaned, json!({"message": "Expired certificates deleted successfully", "count": 80}));
    let listed = lab.admin.get("/api/certificates").await.ok();
    let ids: Vec<i64> =
        listed["certificates"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
    kept.reverse();
    assert_eq!((ids, &listed["total"]), (kept.clone(), &json!(4)));
    assert_eq!(total(&alice).await, 1, "another owner's stay");
    eventually("the keys' end", async || (keys(&lab).await.len() == kept.len()).then_some(())).await;
    assert_eq!(lab.admin.post("/api/certificates/cleanup", json!({})).await.ok()["count"], 0);

    // The account is referenced by the five that are left, and by no more.
    let delete = async || lab.admin.post("/api/v1/acme/accounts/delete", json!({"id": account})).await;
    for id in kept.iter().filter(|id| **id != kept[2]) {
        delete().await.expect(409);
        lab.admin.delete(&format!("/api/certificates/{id}")).await.ok();
    }
    alice.post("/api/certificates/cleanup", json!({})).await.ok();
    delete().await.expect(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ca_issued_is_cleaned_up_once_it_has_expired() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    lab.issue(&["example.com"]).await;
    assert_eq!(lab.admin.post("/api/certificates/cleanup", json!({})).await.ok()["count"], 0);
    lab.steward.clock.advance(std::time::Duration::from_secs(100 * 24 * 60 * 60));
    let admin = lab.steward.admin().await;
    assert_eq!(admin.post("/api/certificates/cleanup", json!({})).await.ok()["count"], 1);
    assert_eq!(total(&admin).await, 0);
    eventually("the key's end", async || keys(&lab).await.is_empty().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_one_at_its_renewal_is_left_and_one_that_is_gone_ends_its_order() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let ctx = &lab.steward.ctx;
    let account = lab.account(&lab.admin, "spare@example.com").await;
    let mut row = certificate_row(id_of(&lab.admin).await, account, "example.com", issued_until(-1));
    row.method = domain::certificates::Method::Http;
    let id = put_certificates(ctx, vec![row]).await[0];
    let asked = lab.admin.post(&format!("/api/certificates/{id}/renew"), json!({})).await.expect(202);
    assert_eq!(lab.admin.post("/api/certificates/cleanup", json!({})).await.ok()["count"], 0);

    let row: Stored<Certificate> = entity::load(ctx.store.as_ref(), Key::of(id)).await.unwrap();
    ctx.store.write(row.delete()).await.unwrap();
    work_off(&lab).await;
    let ended = lab.ended(asked["operation_id"].as_i64().unwrap()).await;
    assert_eq!((&ended["state"], &ended["error"]), (&json!("failed"), &json!("the certificate was deleted")));
}
