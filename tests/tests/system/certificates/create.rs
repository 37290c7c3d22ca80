use domain::acme::{Provider, find_provider, register};
use domain::ids::{ProviderId, UserId};
use domain::names::Email;
use domain::ports::Directory;
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::Lab;
use tokio::task::JoinSet;

use super::{id_of, keys, total};

/// An account at this CA as if it were the well-known one with the name.
async fn account_at(lab: &Lab, id: i64, name: &str) {
    let directory = Directory { url: lab.pebble.directory_url(), root_ca_pem: Some(lab.pebble.root_pem().to_owned()) };
    let real = find_provider(lab.steward.ctx.store.as_ref(), "issuer", name).await.unwrap();
    assert_eq!((real.id, real.name.as_str()), (ProviderId(id), name));
    let provider = Provider { directory, ..real };
    let email = Email::parse("email", "ops@example.com").unwrap();
    let admin = UserId(id_of(&lab.admin).await);
    register(&lab.steward.ctx, admin, &provider, email, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_is_a_providers_name_or_the_documents_spelling() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    for (id, name, shown, spellings) in [
        (1, "letsencrypt", "Let's Encrypt", ["letsencrypt", "Let's Encrypt", "let's encrypt", " LetsEncrypt "]),
        (2, "google", "Google", ["google", "Google", "GOOGLE", " google"]),
        (3, "zerossl", "ZeroSSL", ["zerossl", "ZeroSSL", "Zerossl", "zeroSSL "]),
    ] {
        account_at(&lab, id, name).await;
        for spelling in spellings {
            let ordered = lab.order_with(json!({"domain": "example.com", "issuer": spelling})).await;
            assert_eq!(ordered["verification_info"]["provider"], shown);
            let shown_again = lab.admin.get(&format!("/api/certificates/{}", ordered["id"])).await.ok();
            assert_eq!(shown_again["issuer"], shown, "{spelling}");
        }
    }
    for issuer in [json!("nobody"), json!(""), json!(null)] {
        let body = json!({"domain": "example.com", "issuer": issuer});
        let refused = lab.admin.post("/api/certificates", body).await.expect(400);
        let message = refused["error"].as_str().unwrap();
        assert!(message.starts_with("issuer: ") && message.contains("GET /api/v1/acme/providers"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_may_be_named_instead_of_the_issuer() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let spare = lab.account(&lab.admin, "spare@example.com").await;
    for issuer in [json!(null), json!("pebble"), json!("Pebble"), json!(" pebble ")] {
        let body = json!({"domain": "example.com", "issuer": issuer, "account_id": spare});
        let ordered = lab.order_with(body).await;
        let shown = lab.admin.get(&format!("/api/certificates/{}", ordered["id"])).await.ok();
        assert_eq!((&shown["account_id"], &shown["issuer"]), (&json!(spare), &json!("pebble")));
    }
    let body = json!({"domain": "example.com", "issuer": "Google", "account_id": spare});
    let refused = lab.admin.post("/api/certificates", body).await.expect(400);
    let words = format!("issuer: account {spare} is at pebble; leave the issuer out or name that one");
    assert_eq!(refused["error"], words);
    let unknown = json!({"domain": "example.com", "account_id": 999});
    assert_eq!(lab.admin.post("/api/certificates", unknown).await.expect(404)["error"], "account not found");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_account_one_is_registered_with_the_callers_address() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::bare(PebbleOptions::default()).await;
    let alice = lab.steward.user("alice").await;
    let listed = async || alice.get("/api/v1/acme/accounts").await.ok()["data"].clone();
    assert_eq!(listed().await["total"], 0);
    for domain in ["a.example.com", "b.example.com"] {
        let body = json!({"domain": domain, "issuer": "pebble"});
        alice.post("/api/certificates", body).await.expect(201);
        let accounts = listed().await;
        assert_eq!(accounts["total"], 1, "the second order finds the account of the first");
        let account = &accounts["items"][0];
        assert_eq!((&account["email"], &account["is_default"]), (&json!("alice@example.com"), &json!(true)));
        assert_eq!(account["provider_name"], "pebble");
    }
    assert!(lab.pebble.log().contains("There are now 1 accounts in memory"), "{}", lab.pebble.log());
    assert!(!lab.pebble.log().contains("There are now 2 accounts"), "{}", lab.pebble.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_come_as_a_list_or_a_string_once_each_and_in_ascii() {
    need!("pebble", "pebble-challtestsrv", "openssl");
    let names = "www.example.com,xn--bcher-kva.example.com,*.example.com";
    for alt in [
        json!(["www.example.com", "WWW.example.com.", "bücher.example.com", "example.com", "*.example.com", ""]),
        json!("www.example.com, Bücher.example.com,xn--bcher-kva.example.com,,example.com, *.example.com"),
        // Pasted from a mail, a sheet, a chat.
        json!(" www.example.com\r\nbücher.example.com；example.com;\t*.example.com、www.example.com，\n"),
        json!(["www.example.com;bücher.example.com", " *.example.com\n example.com "]),
    ] {
        // A CA of its own: even when told never to, Pebble now and then takes a proof it still holds.
        let lab = Lab::start(PebbleOptions::default()).await;
        let ordered = lab.order_with(json!({"domain": "Example.COM", "issuer": "pebble", "alt_domains": alt})).await;
        assert_eq!(ordered["domain"], "example.com");
        let records = ordered["verification_records"].as_array().unwrap();
        assert_eq!(records.len(), 4, "{ordered}");
        assert_eq!(records[0], ordered["verification_info"]);
        assert_eq!(records[0]["domain"], "example.com", "the first name's record comes first");
        for record in records {
            let base = record["domain"].as_str().unwrap().trim_start_matches("*.");
            assert_eq!(record["host"], format!("_acme-challenge.{base}"));
            assert_eq!((&record["type"], &record["status"]), (&json!("TXT"), &json!("pending")));
        }
        let id = lab.finish(&ordered).await;
        let shown = lab.admin.get(&format!("/api/certificates/{id}")).await.ok();
        assert_eq!(shown["alt_domains"], names);
        let pem = lab.admin.get(&format!("/api/certificates/{id}/download?format=fullchain")).await;
        let mut issued: Vec<String> = names.split(',').map(str::to_owned).chain(["example.com".to_owned()]).collect();
        issued.sort();
        assert_eq!(system_tests::openssl::names(&pem.bytes), issued);
        for host in ["example.com", "www.example.com", "xn--bcher-kva.example.com"] {
            lab.pebble.challtestsrv().clear(&format!("_acme-challenge.{host}")).await;
        }
    }

    let lab = Lab::start(PebbleOptions::default()).await;
    for alt in [json!(["localhost"]), json!("a.example.com|b.example.com"), json!(5), json!([5])] {
        let body = json!({"domain": "example.com", "issuer": "pebble", "alt_domains": alt});
        let refused = lab.admin.post("/api/certificates", body).await.expect(400);
        assert!(refused["error"].as_str().unwrap().starts_with("alt_domains: "), "{refused}");
    }
    let hundred: Vec<String> = (0..100).map(|n| format!("n{n}.example.com")).collect();
    let body = json!({"domain": "example.com", "issuer": "pebble", "alt_domains": hundred});
    let refused = lab.admin.post("/api/certificates", body).await.expect(400);
    assert_eq!(refused["error"], "alt_domains: a certificate has at most 100 names");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_the_ca_blocks_is_refused_in_its_words_and_nothing_is_kept() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions { blocklist: vec!["blocked.example".into()], ..Default::default() }).await;
    let body = json!({"domain": "www.blocked.example", "issuer": "pebble"});
    let refused = lab.admin.post("/api/certificates", body).await.expect(409);
    assert!(refused["error"].as_str().unwrap().contains("rejectedIdentifier"), "{refused}");
    assert_eq!((total(&lab.admin).await, keys(&lab).await.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_quota_nothing_is_kept() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let alice = lab.steward.user("alice").await;
    let alices_id = id_of(&alice).await;
    let quota = async |certificates: u32| {
        let body = json!({"quota": {"certificates": certificates}});
        lab.admin.put(&format!("/api/v1/users/{alices_id}"), body).await.ok();
    };
    let order = json!({"domain": "example.com", "issuer": "pebble"});
    alice.post("/api/certificates", order.clone()).await.expect(201);
    quota(3).await;

    // Six at once for the two places left.
    let mut calls = JoinSet::new();
    for _ in 0..6 {
        let (alice, order) = (alice.clone(), order.clone());
        calls.spawn(async move { alice.post("/api/certificates", order).await });
    }
    let replies = calls.join_all().await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 2, "{replies:?}");
    for refused in replies.into_iter().filter(|reply| reply.status != 201) {
        let words = "the quota of 3 certificates is used up; delete some or ask for more";
        assert_eq!(refused.expect(409)["error"], words);
    }
    let listed = alice.get("/api/certificates").await.ok();
    assert_eq!((&listed["total"], listed["certificates"].as_array().unwrap().len()), (&json!(3), 3));

    // What was refused was not counted: with one more place, one more is made.
    quota(4).await;
    alice.post("/api/certificates", order.clone()).await.expect(201);
    alice.post("/api/certificates", order.clone()).await.expect(409);
    let first: &Value = &listed["certificates"][0]["id"];
    alice.delete(&format!("/api/certificates/{first}")).await.ok();
    alice.post("/api/certificates", order).await.expect(201);
    assert_eq!(total(&alice).await, 4);
}
