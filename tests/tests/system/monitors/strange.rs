use std::time::Duration;

use domain::alerts;
use domain::ids::UserId;
use domain::list::PageRequest;
use rcgen::string::BmpString;
use rcgen::{CustomExtension, DnType, DnValue};
use serde_json::{Value, json};
use system_tests::peers::{Chain, TlsServer};
use system_tests::{need, openssl};

use super::authority::{Authority, Leaf, params};
use super::{check, history, idle, shown, watch};

fn signed_by_itself(leaf: &Leaf, params: &rcgen::CertificateParams) -> Chain {
    let certificate = params.self_signed(&leaf.key).unwrap();
    Chain { leaf: certificate.pem(), above: String::new(), key: leaf.key.serialize_pem() }
}

/// What a server shows of itself fills no row: the check is answered, kept, and done again.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_250_kb_is_shown_in_short() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let leaf = Leaf::default();
    let mut large = params(&leaf);
    // Shown in hexadecimal, as what no Unicode is.
    large
        .distinguished_name
        .push(DnType::OrganizationName, DnValue::BmpString(BmpString::try_from("O".repeat(55_000)).unwrap()));
    large
        .subject_alt_names
        .extend((0..1000).map(|n| rcgen::SanType::DnsName(format!("n{n}.example.com").try_into().unwrap())));
    let server = TlsServer::start(&signed_by_itself(&leaf, &large), &[]).await;
    let id = watch(&admin, server.address(), &Authority::new(), json!({})).await;
    for _ in 0..2 {
        assert_eq!(check(&admin, id).await["status"], "untrusted");
    }
    let certificate = shown(&admin, id).await["endpoints"][0]["certificate"].clone();
    for field in ["subject", "issuer"] {
        let text = certificate[field].as_str().unwrap();
        assert!(text.len() <= 512 && text.ends_with('…'), "{field}: {} bytes", text.len());
    }
    assert_eq!((certificate["names"].as_array().unwrap().len(), &certificate["more_names"]), (50, &json!(951)));
    assert_eq!(history(&admin, id).await.len(), 2);
}

/// A monitor says what is wrong with such a certificate, and never that the server has not its key.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_unusual_is_said_as_it_is() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let leaf = Leaf::default();
    let mut critical = params(&leaf);
    let mut unknown = CustomExtension::from_oid_content(&[1, 2, 3, 4, 5], vec![5, 0]);
    unknown.set_criticality(true);
    critical.custom_extensions.push(unknown);
    let made = |arguments: &[&str]| {
        let directory = tempfile::TempDir::new().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let (key, request) = (path("key.pem"), path("request.pem"));
        let common = [
            "-nodes",
            "-subj",
            "/CN=www.example.com",
            "-addext",
            "subjectAltName=DNS:www.example.com",
            "-keyout",
            &key,
        ];
        let text = openssl::run(&[&["req", "-new", "-newkey"], arguments, &common].concat(), b"");
        if arguments.contains(&"-x509") {
            return Chain { leaf: text, above: String::new(), key: std::fs::read_to_string(&key).unwrap() };
        }
        std::fs::write(&request, text).unwrap();
        let leaf = openssl::run(&["x509", "-req", "-in", &request, "-signkey", &key], b"");
        Chain { leaf, above: String::new(), key: std::fs::read_to_string(&key).unwrap() }
    };
    let pss = ["rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048", "-x509"];
    for (what, chain, words, proven) in [
        ("version 1", made(&["rsa:2048"]), "not of X.509 version 3", true),
        ("a critical extension", signed_by_itself(&leaf, &critical), "an extension that is marked critical", true),
        ("Ed448", made(&["ed448", "-x509"]), "it is an Ed448 key, which Steward cannot check", false),
        ("RSA-PSS", made(&pss), "signed by itself", true),
    ] {
        let server = TlsServer::start(&chain, &[]).await;
        let id = watch(&admin, server.address(), &Authority::new(), json!({})).await;
        let checked = check(&admin, id).await;
        let endpoint = &checked["endpoints"][0];
        let said = endpoint["problems"].to_string();
        assert!(said.contains(words), "{what}: {checked}");
        assert_eq!(endpoint["certificate"]["key_proven"], proven, "{what}: {checked}");
        assert!(!said.contains("does not have the key") && checked["status"] != "unreachable", "{what}: {said}");
    }
}

/// The chain is worth as much as what ends first in it.
#[tokio::test(flavor = "multi_thread")]
async fn an_intermediate_that_ends_soon_counts() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let below = authority.below_for(3);
    let mut chain = below.sign(Leaf::default());
    chain.above = below.root();
    let server = TlsServer::start(&chain, &[]).await;
    let id = watch(&admin, server.address(), &authority, json!({})).await;
    let checked = check(&admin, id).await;
    assert_eq!((&checked["status"], &checked["days_remaining"]), (&json!("expiring"), &json!(2)), "{checked}");
    let said = checked["endpoints"][0]["problems"].to_string();
    assert!(
        said.contains("the certificate above the server's own (CN=a short-lived intermediate) ends at 20"),
        "{said}"
    );
    let certificate = &checked["endpoints"][0]["certificate"];
    assert!(certificate["chain_valid_to"].as_str() < certificate["valid_to"].as_str(), "{certificate}");
    let request = PageRequest::new(None, Some(50), None, "per_page").unwrap();
    let told = alerts::list(steward.ctx.store.as_ref(), UserId(1), false, &request).await.unwrap().rows;
    let texts: Vec<&str> = told.iter().map(|alert| alert.text.as_str()).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    let begins = "The certificate above the server's own (CN=a short-lived intermediate) expires in 2 days";
    assert!(texts[0].starts_with(begins), "{texts:?}");

    steward.clock.advance(Duration::from_secs(4 * 24 * 60 * 60));
    let admin = steward.admin().await;
    let listed: Value = admin.get("/api/monitors").await.ok()["monitors"][0].clone();
    assert_eq!((&listed["status"], &listed["grade"]), (&json!("untrusted"), &json!("T")), "{listed}");
}
