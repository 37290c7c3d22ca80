use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384};
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{Chain, TlsServer};
use system_tests::steward::{Client, Steward};

use super::authority::{Authority, Leaf, self_signed};
use super::{check, idle, watch};

struct Case<'a> {
    what: &'a str,
    chain: Chain,
    server: &'a [&'a str],
    /// Its status and grade.
    expected: (&'a str, Value),
    /// What a sentence about it has in it.
    words: &'a [&'a str],
}

/// For what TLS no longer allows, or nobody should.
const WEAK: &[&str] = &["-cipher", "DEFAULT@SECLEVEL=0"];

fn cases(authority: &Authority) -> Vec<Case<'static>> {
    let other = Authority::named("another root");
    let below = authority.below();
    let with_above = |mut chain: Chain, above: String| {
        chain.above = above;
        chain
    };
    let valid = |from, to| authority.sign(Leaf { valid: (from, to), ..Leaf::default() });
    let case = |what, chain, expected: (&'static str, &str), words| {
        let grade = if expected.1.is_empty() { Value::Null } else { json!(expected.1) };
        Case { what, chain, server: &[], expected: (expected.0, grade), words }
    };
    let fine = || authority.sign(Leaf::default());
    vec![
        case("fine", fine(), ("normal", "A"), &[]),
        Case { server: &["-tls1_2"], ..case("TLS 1.2 only", fine(), ("normal", "A-"), &[]) },
        Case {
            server: &["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"],
            ..case(
                "TLS 1.0 only",
                fine(),
                ("normal", "C"),
                &["nothing better than TLSv1.0 with TLS_ECDHE_ECDSA_WITH_AES"],
            )
        },
        Case {
            server: &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
            ..case("TLS 1.1 only, expired", valid(-90, -3), ("expired", "T"), &["expired at 20", "TLSv1.1"])
        },
        Case {
            server: &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"],
            ..case("no authenticated cipher", fine(), ("normal", "B"), &["WITH_AES_128_CBC_SHA256"])
        },
        Case {
            server: &["-tls1_2", "-cipher", "AES256-GCM-SHA384"],
            ..case(
                "no forward secrecy",
                authority.sign_by_openssl(2048, "-sha256"),
                ("normal", "B"),
                &["TLS_RSA_WITH_AES_256_GCM_SHA384"],
            )
        },
        case("expired", valid(-90, -3), ("expired", "T"), &["the certificate expired at 20"]),
        case("not yet valid", valid(5, 90), ("untrusted", "T"), &["the certificate is not valid before 20"]),
        case("expires soon", valid(-80, 10), ("expiring", "A"), &[]),
        case("short-lived", valid(-2, 5), ("normal", "A"), &[]),
        case("short-lived and soon over", valid(-5, 2), ("expiring", "A"), &[]),
        case(
            "for another name",
            authority.sign(Leaf { names: vec!["other.example.com"], ..Leaf::default() }),
            ("mismatch", "M"),
            &["not for www.example.com; it is for other.example.com"],
        ),
        case(
            "a wildcard",
            authority.sign(Leaf { names: vec!["*.example.com"], ..Leaf::default() }),
            ("normal", "A"),
            &[],
        ),
        case("signed by itself", self_signed(), ("untrusted", "T"), &["signed by itself, and by no authority"]),
        case(
            "from an unknown CA",
            with_above(other.sign(Leaf::default()), other.root()),
            ("untrusted", "T"),
            &["the chain ends at a root that is not trusted"],
        ),
        case(
            "without its intermediate",
            below.sign(Leaf::default()),
            ("untrusted", "T"),
            &["sends only its own certificate", "a test's intermediate"],
        ),
        case("with its intermediate", with_above(below.sign(Leaf::default()), below.root()), ("normal", "A"), &[]),
        Case {
            server: WEAK,
            ..case("RSA 1024", authority.sign_by_openssl(1024, "-sha256"), ("normal", "B"), &["1024 bits is too short"])
        },
        Case {
            server: WEAK,
            ..case("SHA-1", authority.sign_by_openssl(2048, "-sha1"), ("untrusted", "T"), &["SHA-1"])
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_and_grade() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    for Case { what, chain, server, expected, words } in cases(&authority) {
        let server = TlsServer::start(&chain, server).await;
        let id = watch(&admin, server.address(), &authority, json!({})).await;
        let checked = check(&admin, id).await;
        let endpoint = &checked["endpoints"][0];
        assert_eq!((&checked["status"], &checked["grade"]), (&json!(expected.0), &expected.1), "{what}: {checked}");
        assert_eq!((&endpoint["status"], &endpoint["grade"]), (&json!(expected.0), &expected.1), "{what}");
        let mut said: Vec<String> = endpoint["problems"].as_array().unwrap().iter().map(Value::to_string).collect();
        said.extend(endpoint["error"].as_str().map(str::to_owned));
        assert_eq!(said.is_empty(), words.is_empty(), "{what}: {said:?}");
        for word in words {
            assert!(said.iter().any(|sentence| sentence.contains(word)), "{what}: {said:?}");
        }
    }
}

async fn seen(steward: &Steward, admin: &Client, chain: &Chain, authority: &Authority) -> Value {
    let server = TlsServer::start(chain, &[]).await;
    let id = watch(admin, server.address(), authority, json!({})).await;
    let checked = check(admin, id).await;
    assert_eq!(checked["status"], "normal", "{checked}");
    steward.store.take();
    checked
}

#[tokio::test(flavor = "multi_thread")]
async fn levels_and_keys() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    let (domain, organization, extended): (&[u8], &[u8], &[u8]) = (&[2, 1], &[2, 2], &[1]);
    for (policy, named, level) in [
        (None, None, "DV"),
        (None, Some("Example Ltd"), "OV"),
        (Some(domain), None, "DV"),
        (Some(domain), Some("Example Ltd"), "DV"),
        (Some(organization), Some("Example Ltd"), "OV"),
        (Some(extended), Some("Example Ltd"), "EV"),
    ] {
        let chain = authority.sign(Leaf { policy, organization: named, ..Leaf::default() });
        let checked = seen(&steward, &admin, &chain, &authority).await;
        assert_eq!(checked["cert_level"], level, "{policy:?} {named:?}");
    }
    let p384 = Leaf { key: KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap(), ..Leaf::default() };
    for (chain, kind, bits) in [
        (authority.sign(Leaf::default()), "ECC", 256),
        (authority.sign(p384), "ECC-384", 384),
        (authority.sign_by_openssl(2048, "-sha256"), "RSA", 2048),
        (authority.sign_by_openssl(3072, "-sha256"), "RSA-3072", 3072),
    ] {
        let checked = seen(&steward, &admin, &chain, &authority).await;
        assert_eq!(checked["encryption_type"], kind);
        let certificate = &checked["endpoints"][0]["certificate"];
        assert_eq!((&certificate["key_bits"], &certificate["trusted"]), (&json!(bits), &json!(true)));
        assert_eq!((&certificate["protocol"], &certificate["chain_length"]), (&json!("TLSv1.3"), &json!(1)));
        assert_eq!(certificate["cipher"], "TLS_AES_256_GCM_SHA384");
    }
}

/// A certificate that is its own authority is trusted by who says so.
#[tokio::test(flavor = "multi_thread")]
async fn trusts_a_certificate_that_is_given_as_root() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let chain = self_signed();
    let server = TlsServer::start(&chain, &[]).await;
    let id = watch(&admin, server.address(), &Authority::new(), json!({"root_ca_pem": chain.leaf})).await;
    assert_eq!(check(&admin, id).await["status"], "normal");
    admin.put(&format!("/api/monitors/{id}"), json!({"root_ca_pem": ""})).await.ok();
    assert_eq!(check(&admin, id).await["status"], "untrusted");
}

/// What a list says follows the calendar, without another check.
#[tokio::test(flavor = "multi_thread")]
async fn time_alone_changes_a_status() {
    need!("openssl");
    let steward = idle().await;
    let authority = Authority::new();
    let server = TlsServer::start(&authority.sign(Leaf::default()), &[]).await;
    let admin = steward.admin().await;
    let id = watch(&admin, server.address(), &authority, json!({})).await;
    let days = check(&admin, id).await["days_remaining"].as_i64().unwrap();
    assert!((88..=90).contains(&days), "{days}");
    for (later, status, grade) in [(65, "expiring", "A"), (30, "expired", "T")] {
        steward.clock.advance(std::time::Duration::from_secs(later * 24 * 60 * 60));
        let admin = steward.admin().await;
        let listed = admin.get("/api/monitors").await.ok()["monitors"][0].clone();
        assert_eq!((&listed["status"], &listed["grade"]), (&json!(status), &json!(grade)), "{listed}");
    }
}
