use domain::names::DomainName;
use serde_json::json;
use system_tests::steward::{Client, Steward, StewardOptions, certificate_row, issued_until, put_certificates};

use super::id_of;

async fn found(client: &Client, search: &str) -> Vec<String> {
    let query = reqwest::Url::parse_with_params("http://x/api/certificates", [("search", search)]).unwrap();
    let path = query.as_str().strip_prefix("http://x").unwrap();
    let listed = client.get(path).await.ok();
    let rows = listed["certificates"].as_array().unwrap();
    assert_eq!(listed["total"], rows.len(), "the total is of what was found");
    rows.iter().map(|row| row["domain"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_at_all_names_and_the_note_without_regard_to_case() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let me = id_of(&admin).await;
    let rows = [
        ("shop.example.com", "www.shop.example.com", "Kunde Müller, ÖFFENTLICH"),
        ("bücher.example", "*.bücher.example", "books"),
        ("mail.example.org", "", "商店 证书"),
        ("100.percent.example", "", "50% off_season"),
    ];
    let rows = rows.map(|(domain, alt, note)| {
        let mut row = certificate_row(me, 1, domain, issued_until(10));
        if !alt.is_empty() {
            row.alt_domains.push(DomainName::parse("alt_domains", alt).unwrap());
        }
        row.note = note.to_owned();
        row
    });
    let ids = put_certificates(&steward.ctx, rows.into()).await;
    let (shop, books, mail, percent) =
        ("shop.example.com", "xn--bcher-kva.example", "mail.example.org", "100.percent.example");
    for (search, expected) in [
        ("shop", &[shop][..]),
        ("SHOP.Example", &[shop]),
        ("www.", &[shop]),
        ("  www.shop  ", &[shop]),
        ("müller", &[shop]),
        ("öffentlich", &[shop]),
        ("Öffentlich", &[shop]),
        ("books", &[books]),
        ("xn--bcher", &[books]),
        ("bücher", &[books]),
        ("BÜCHER.example", &[books]),
        ("*.", &[books]),
        ("证书", &[mail]),
        ("% off_", &[percent]),
        ("example", &[percent, mail, books, shop]),
        ("pebble", &[]),
        ("shop%", &[]),
        ("_hop", &[]),
    ] {
        assert_eq!(found(&admin, search).await, expected, "{search}");
    }
    // A new note is found, the old one no more.
    let path = format!("/api/certificates/{}", ids[0]);
    admin.put(&path, json!({"note": "Zürich"})).await.ok();
    assert_eq!(found(&admin, "ZÜRICH").await, [shop]);
    assert_eq!(found(&admin, "müller").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn finds_a_few_among_many_and_pages_them() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let me = id_of(&admin).await;
    let row = |n: i64| {
        let mut row = certificate_row(me, 1, &format!("n{n}.example.com"), issued_until(n));
        row.note = if n % 4 == 0 { "every fourth".to_owned() } else { String::new() };
        row
    };
    put_certificates(&steward.ctx, (0..120).map(row).collect()).await;
    for (page, rows) in [(1, 13), (2, 13), (3, 4), (4, 0)] {
        let path = format!("/api/certificates?search=fourth&per_page=13&page={page}");
        let listed = admin.get(&path).await.ok();
        assert_eq!((&listed["total"], listed["certificates"].as_array().unwrap().len()), (&json!(30), rows));
    }
}
