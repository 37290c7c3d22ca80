//! Domain names, addresses, key types, users' names and passwords.

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Lab, Steward, StewardOptions};

use super::sent;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_cannot_be_names_the_field() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let refusal =
        async |body: Value| sent(&steward, &admin, Method::POST, "/api/certificates", Some(body.to_string())).await;
    let long_label = format!("{}.com", "a".repeat(64));
    let long_name = format!("{}com", "abcdefghi.".repeat(26));
    for (name, reason) in [
        ("", "it is empty"),
        ("   ", "it is empty"),
        (".", "it is empty"),
        ("localhost", "at least two labels"),
        ("com.", "at least two labels"),
        ("a..example.com", "is not one"),
        (".example.com", "is not one"),
        ("-a.example.com", "is not one"),
        ("a-.example.com", "is not one"),
        ("a_b.example.com", "is not one"),
        ("a b.example.com", "is not one"),
        ("a,b.example.com", "is not one"),
        ("https://example.com", "is not one"),
        ("example.com:443", "is not one"),
        ("example.com/path", "is not one"),
        ("ops@example.com", "is not one"),
        ("a\u{0}.example.com", "is not one"),
        ("a\r\nb.example.com", "is not one"),
        ("192.0.2.1", "not an address"),
        ("::1", "is not one"),
        ("[2001:db8::1]", "is not one"),
        ("0x7f.1", "is not a number"),
        ("example.1", "is not a number"),
        ("*", "is not one"),
        ("*.", "is not one"),
        ("*.com", "at least two labels"),
        ("*.*.example.com", "is not one"),
        ("a.*.example.com", "is not one"),
        ("*a.example.com", "is not one"),
        ("xn--a.example.com", "is not one"),
        ("\u{202e}moc.example.com", "is not one"),
        (&long_label, "is not one"),
        (&long_name, ""),
    ] {
        for field in ["domain", "alt_domains"] {
            if field == "alt_domains" && (name.trim().is_empty() || name.contains([',', '\n'])) {
                continue;
            }
            let mut body = json!({"domain": "example.com", "issuer": "letsencrypt"});
            body[field] = json!(name);
            let message = refusal(body).await;
            assert!(message.starts_with(&format!("{field}: must ")), "{name:?}: {message}");
            assert!(message.contains(reason), "{name:?}: {message}");
        }
    }
    let many: Vec<String> = (0..100).map(|n| format!("n{n}.example.com")).collect();
    for (field, value, expected) in [
        ("encryption_type", json!("DSA"), "encryption_type: must be one of ECC, ECC-384, RSA, RSA-4096"),
        ("encryption_type", json!(""), "encryption_type: must be one of ECC, ECC-384, RSA, RSA-4096"),
        (
            "issuer",
            json!("Verisign"),
            "issuer: no provider is called 'Verisign'; GET /api/v1/acme/providers lists them",
        ),
        ("issuer", json!(""), "issuer: must name a provider; GET /api/v1/acme/providers lists them"),
        ("issuer", Value::Null, "issuer: must name a provider; GET /api/v1/acme/providers lists them"),
        ("alt_domains", json!(many), "alt_domains: a certificate has at most 100 names"),
        ("alt_domains", json!([1]), "alt_domains: must be a list of names, or one string with commas between them"),
        ("account_id", json!(99), "account not found"),
        ("note", json!("é".repeat(1001)), "note: must be at most 1000 characters long; it has 1001"),
    ] {
        let mut body = json!({"domain": "example.com", "issuer": "letsencrypt"});
        body[field] = value;
        assert_eq!(refusal(body).await, expected);
    }
    let message = refusal(json!({"domain": "example.com", "issuer": "Google"})).await;
    assert!(message.contains("POST /api/v1/acme/account/create"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_taken_as_people_write_them() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    for (written, kept) in [
        ("BÜCHER.Example.COM.", "xn--bcher-kva.example.com"),
        ("*.例え.example", "*.xn--r8jz45g.example"),
        (" straße.example.com ", "xn--strae-oqa.example.com"),
        ("xn--bcher-kva.example.net", "xn--bcher-kva.example.net"),
    ] {
        let ordered = lab.order(&[written]).await;
        assert_eq!(ordered["domain"], kept);
        let host = format!("_acme-challenge.{}", kept.trim_start_matches("*."));
        assert_eq!(ordered["verification_info"]["host"], host);
    }
    // The same name twice, in two spellings, is one name.
    let ordered = lab.order(&["example.com", "EXAMPLE.com.", "bücher.example.com", "xn--bcher-kva.example.com"]).await;
    let shown = lab.admin.get(&format!("/api/certificates/{}", ordered["id"])).await.ok();
    assert_eq!(shown["alt_domains"], "xn--bcher-kva.example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_cannot_be_names_the_field() {
    let steward = Steward::start(StewardOptions { open_registration: true, ..Default::default() }).await;
    let nobody = steward.client();
    let username = "username: must be 3 to 64 letters, digits, dots, dashes or underscores";
    let email = "email: must be an e-mail address such as ops@example.com";
    let (long, longer) = ("x".repeat(65), "x".repeat(1025));
    for path in ["/api/v1/users/register", "/api/add_user"] {
        for (field, value, expected) in [
            ("username", "", username),
            ("username", "ab", username),
            ("username", "a b c", username),
            ("username", "ops@example.com", username),
            ("username", "bücher", username),
            ("username", "a/../b", username),
            ("username", &long, username),
            ("email", "", email),
            ("email", "ops", email),
            ("email", "ops@localhost", email),
            ("email", "ops@example.com\r\nBcc: eve@example.com", email),
            ("email", "Ops <ops@example.com>", email),
            ("email", "a@b@example.com", email),
            ("password", "", "password: must be at least 8 characters long"),
            ("password", "seven77", "password: must be at least 8 characters long"),
            ("password", &longer, "password: must be at most 1024 bytes long"),
        ] {
            let mut body = json!({"username": "somebody", "password": "a good password", "email": "a@example.com"});
            body[field] = json!(value);
            assert_eq!(sent(&steward, &nobody, Method::POST, path, Some(body.to_string())).await, expected, "{value}");
        }
    }
    for value in ["", "ops", "ops@localhost"] {
        let body = json!({"email": value}).to_string();
        assert_eq!(sent(&steward, &nobody, Method::POST, "/api/send_verification_email", Some(body)).await, email);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_or_account_that_cannot_be_names_the_field() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let add = "/api/v1/acme/providers/create";
    for (field, value, expected) in [
        ("name", json!("x"), "name: must be 2 to 40 lower-case letters, digits or dashes"),
        ("name", json!("My CA"), "name: must be 2 to 40 lower-case letters, digits or dashes"),
        ("name", json!("zerossl"), "name: a provider called 'zerossl' exists already"),
        (
            "directoryUrl",
            json!("http://ca.example.com/dir"),
            "directoryUrl: must be the https URL of an ACME directory",
        ),
        ("directoryUrl", json!("nowhere"), "directoryUrl: must be the https URL of an ACME directory"),
        ("rootCaPem", json!("garbage"), "rootCaPem: must be one or more certificates in PEM, 64 KiB at most"),
        (
            "rootCaPem",
            json!("-----BEGIN CERTIFICATE-----\ngarbage\n-----END CERTIFICATE-----\n"),
            "rootCaPem: must be one or more certificates in PEM, 64 KiB at most",
        ),
    ] {
        let mut body = json!({"name": "internal", "directoryUrl": "https://ca.example.com/dir"});
        body[field] = value;
        let message = sent(&steward, &admin, Method::POST, add, Some(body.to_string())).await;
        assert!(message.starts_with(expected), "{message}");
    }
    let create = "/api/v1/acme/account/create";
    for (field, value, expected) in [
        ("providerName", json!("nobody"), "providerName: no provider is called 'nobody'"),
        ("email", json!("ops"), "email: must be an e-mail address such as ops@example.com"),
        ("eabKid", json!("kid"), "eabHmacKey: must be given together with eabKid"),
        ("eabHmacKey", json!("key"), "eabKid: must be given together with eabHmacKey"),
        ("providerName", json!("google"), "eabKid: is needed for an account at google"),
    ] {
        let mut body = json!({"providerName": "letsencrypt", "email": "ops@example.com"});
        body[field] = value;
        let message = sent(&steward, &admin, Method::POST, create, Some(body.to_string())).await;
        assert!(message.starts_with(expected), "{message}");
    }
}
