use serde_json::{Value, json};
use system_tests::steward::{Client, Steward, StewardOptions, certificate_row, issued_until, put_certificates};

use super::{id_of, total};

async fn ids(client: &Client, query: &str) -> (Vec<i64>, Value) {
    let listed = client.get(&format!("/api/certificates{query}")).await.ok();
    let rows = listed["certificates"].as_array().unwrap();
    (rows.iter().map(|row| row["id"].as_i64().unwrap()).collect(), listed["total"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_newest_first_with_the_true_total() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let me = id_of(&admin).await;
    let row = |n: i64| certificate_row(me, 1, &format!("n{n}.example.com"), issued_until(n));
    let mut all = put_certificates(&steward.ctx, (0..123).map(row).collect()).await;
    all.reverse();
    for (query, from, to) in [
        ("", 0, 20),
        ("?page=1&per_page=50", 0, 50),
        ("?page=2&per_page=50", 50, 100),
        ("?page=3&per_page=50", 100, 123),
        ("?page=4&per_page=50", 123, 123),
        ("?page=123&per_page=1", 122, 123),
        ("?page=4294967295&per_page=50", 123, 123),
        ("?search=&page=7", 120, 123),
    ] {
        assert_eq!(ids(&admin, query).await, (all[from..to].to_vec(), json!(123)), "{query}");
    }
    let listed = admin.get("/api/certificates?page=2&per_page=7").await.ok();
    assert_eq!((&listed["page"], &listed["per_page"]), (&json!(2), &json!(7)));
    let row = listed["certificates"][0].as_object().unwrap();
    let fields: Vec<&str> = row.keys().map(String::as_str).collect();
    let mut expected = [
        "id",
        "domain",
        "alt_domains",
        "issuer",
        "valid_from",
        "valid_to",
        "days_remaining",
        "encryption_type",
        "status",
        "verification_status",
        "note",
    ];
    expected.sort_unstable();
    let mut fields = fields;
    fields.sort_unstable();
    assert_eq!(fields, expected);

    for (query, field) in [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=two", "page"),
        ("per_page=0", "per_page"),
        ("per_page=51", "per_page"),
        ("page_size=5", "page_size"),
        ("user_id=x", "user_id"),
    ] {
        let refused = admin.get(&format!("/api/certificates?{query}")).await.expect(400);
        assert!(refused["error"].as_str().unwrap().starts_with(&format!("{field}: ")), "{query}: {refused}");
    }
    let long = "a".repeat(101);
    let refused = admin.get(&format!("/api/certificates?search={long}")).await.expect(400);
    assert_eq!(refused["error"], "search: must be at most 100 characters long");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_lists_those_of_a_user() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let (alice, bob) = (steward.user("alice").await, steward.user("bob").await);
    let (alices, bobs) = (id_of(&alice).await, id_of(&bob).await);
    let row = |n: i64| certificate_row(alices, 1, &format!("n{n}.example.com"), issued_until(n));
    let mut made = put_certificates(&steward.ctx, (0..3).map(row).collect()).await;
    made.reverse();

    let of_alice = format!("?user_id={alices}");
    assert_eq!(ids(&admin, &of_alice).await, (made.clone(), json!(3)));
    assert_eq!(ids(&admin, &format!("{of_alice}&search=n1")).await, (vec![made[1]], json!(1)));
    assert_eq!(ids(&admin, &format!("?user_id={bobs}")).await, (vec![], json!(0)));
    assert_eq!(total(&admin).await, 0, "their own unless asked");
    assert_eq!(ids(&alice, &of_alice).await, (made, json!(3)));
    for path in [format!("/api/certificates{of_alice}"), "/api/certificates?user_id=999".to_owned()] {
        assert_eq!(bob.get(&path).await.expect(404)["error"], "user not found");
    }
}
