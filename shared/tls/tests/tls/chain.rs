use domain::certificates::KeyType;
use secrecy::SecretString;

use crate::material::{issue, names};
use crate::programs::run;

async fn issued(kind: KeyType) -> (SecretString, String) {
    let key = tls::keys::generate(kind).await.unwrap();
    let csr = tls::keys::csr(&key, &names(&["example.com", "*.example.com"])).await.unwrap();
    (key, issue(&csr))
}

#[tokio::test]
async fn facts_are_those_that_openssl_reads() {
    let (_, chain) = issued(KeyType::EcP256).await;
    let untidy = format!("subject=CN = x\r\n{}\r\n", chain.replace('\n', "\r\n"));
    let facts = tls::facts(&untidy).unwrap();
    assert_eq!(facts.chain, chain.replace("\r\n", "\n"));
    assert_eq!(facts.valid_from.to_string(), "2026-01-02T00:00:00Z");
    assert_eq!(facts.valid_to.to_string(), "2026-04-02T00:00:00Z");
    assert_eq!(facts.serial, "8a0001");
    assert_eq!(facts.issuer_name, "CN=Steward test CA");
    assert_eq!(tls::names(&chain).unwrap(), ["example.com", "*.example.com"]);

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("chain.pem"), &facts.chain).unwrap();
    let read = ["x509", "-in", "chain.pem", "-noout", "-serial", "-fingerprint", "-sha256"];
    let Some(text) = run("openssl", &read, folder.path()) else { return };
    let text = text.replace(':', "").to_lowercase();
    assert!(text.contains("serial=8a0001\n") && text.contains(&facts.fingerprint), "{text} {facts:?}");
}

#[tokio::test]
async fn knows_the_key_of_a_certificate() {
    let mut others = Vec::new();
    for kind in KeyType::ALL {
        let (key, chain) = issued(kind).await;
        assert!(tls::matches_key(&chain, &key).unwrap(), "{kind:?}");
        for other in &others {
            assert!(!tls::matches_key(&chain, other).unwrap(), "{kind:?}");
        }
        others.push(tls::keys::generate(kind).await.unwrap());
        assert!(!tls::matches_key(&chain, &others[others.len() - 1]).unwrap(), "{kind:?}");
    }
    let (_, chain) = issued(KeyType::EcP256).await;
    assert!(tls::matches_key(&chain, &"nothing".into()).is_err());
}
