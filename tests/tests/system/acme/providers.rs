use serde_json::{Value, json};
use system_tests::peers::ServerCertificate;
use system_tests::steward::{Client, Steward, StewardOptions};

use super::{one, refusal};

const CREATE: &str = "/api/v1/acme/providers/create";

async fn names(client: &Client) -> Vec<String> {
    let listed = client.get("/api/v1/acme/providers").await.ok();
    let items = listed["data"]["items"].as_array().unwrap();
    assert_eq!(listed["data"]["total"], items.len());
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_well_known_ones_have_the_documents_ids() {
    let steward = Steward::start(StewardOptions::default()).await;
    let user = steward.user("alice").await;
    let mut listed = user.get("/api/v1/acme/providers").await.ok();
    for item in listed["data"]["items"].as_array_mut().unwrap() {
        for time in ["createdAt", "updatedAt"] {
            let time = item.as_object_mut().unwrap().remove(time).unwrap();
            assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
        }
    }
    let provider = |id: i64, name: &str, url: &str, eab: bool| json!({"id": id, "name": name, "directoryUrl": url, "requiresEab": eab, "status": "active"});
    let items = json!([
        provider(1, "letsencrypt", "https://acme-v02.api.letsencrypt.org/directory", false),
        provider(2, "google", "https://dv.acme-v02.api.pki.goog/directory", true),
        provider(3, "zerossl", "https://acme.zerossl.com/v2/DV90", true),
        provider(4, "letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory", false),
    ]);
    let data = json!({"items": items, "total": 4, "page": 1, "pageSize": 4});
    assert_eq!(listed, json!({"code": 0, "message": "success", "data": data}));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_adds_one_and_everybody_sees_it() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, user) = (steward.admin().await, steward.user("alice").await);
    let body = json!({
        "name": "internal-ca", "directoryUrl": "https://ca.example.com/directory", "requiresEab": true,
        "rootCaPem": ServerCertificate::generate().root_pem,
    });
    assert_eq!(refusal(user.post(CREATE, body.clone()).await, 403, 1003), "only an administrator may do this");
    assert_eq!(names(&user).await.len(), 4);

    let added = one(admin.post(CREATE, body.clone()).await);
    assert_eq!((&added["id"], &added["name"], &added["status"]), (&json!(5), &json!("internal-ca"), &json!("active")));
    assert_eq!((&added["directoryUrl"], &added["requiresEab"]), (&body["directoryUrl"], &json!(true)));
    assert_eq!(added.get("rootCaPem"), None, "of no use to a reader");
    assert_eq!(names(&user).await.last().unwrap(), "internal-ca");

    for name in ["internal-ca", "letsencrypt", "google"] {
        let again = json!({"name": name, "directoryUrl": "https://other.example.com/dir"});
        let message = refusal(admin.post(CREATE, again).await, 409, 3002);
        assert_eq!(message, format!("name: a provider called '{name}' exists already"));
    }
    assert_eq!(names(&user).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_value_is_refused_by_name_and_nothing_is_added() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let good = json!({"name": "ca", "directoryUrl": "https://ca.example.com/dir"});
    let armour = |inside: &str| json!(format!("-----BEGIN CERTIFICATE-----\n{inside}\n-----END CERTIFICATE-----\n"));
    let long_name = "a".repeat(41);
    let wrong: [(&str, Value); 18] = [
        ("name", json!("")),
        ("name", json!("a")),
        ("name", json!("My CA")),
        ("name", json!(long_name)),
        ("name", json!(7)),
        ("directoryUrl", json!("")),
        ("directoryUrl", json!("ca.example.com")),
        ("directoryUrl", json!("http://ca.example.com/dir")),
        ("directoryUrl", json!("https://")),
        ("directoryUrl", json!("ftp://ca.example.com/dir")),
        ("directoryUrl", json!(null)),
        ("requiresEab", json!("yes")),
        ("rootCaPem", json!("hello")),
        ("rootCaPem", armour("hello!")),
        ("rootCaPem", armour("aGVsbG8=")),
        ("rootCaPem", json!(ServerCertificate::generate().key_pem)),
        ("rootCaPem", armour(&"A".repeat(70_000))),
        ("colour", json!("red")),
    ];
    for (field, value) in wrong {
        let mut body = good.clone();
        body[field] = value;
        let message = refusal(admin.post(CREATE, body.clone()).await, 400, 2001);
        assert!(message.starts_with(&format!("{field}: ")), "{body}: {message}");
    }
    assert_eq!(names(&admin).await.len(), 4);
}
