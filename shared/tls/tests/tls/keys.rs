use domain::certificates::KeyType;
use secrecy::ExposeSecret;

use crate::material::names;
use crate::programs::run;

#[tokio::test]
async fn openssl_reads_every_kind_of_key_and_its_request() {
    for (kind, key_says, csr_says) in [
        (KeyType::EcP256, "Private-Key: (256 bit)", "ecdsa-with-SHA256"),
        (KeyType::EcP384, "Private-Key: (384 bit)", "ecdsa-with-SHA384"),
        (KeyType::Rsa2048, "Private-Key: (2048 bit", "sha256WithRSAEncryption"),
        (KeyType::Rsa4096, "Private-Key: (4096 bit", "sha256WithRSAEncryption"),
    ] {
        let key = tls::keys::generate(kind).await.unwrap();
        assert!(key.expose_secret().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let csr =
            tls::keys::csr(&key, &names(&["example.com", "*.example.com", "xn--bcher-kva.example"])).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key.pem"), key.expose_secret()).unwrap();
        std::fs::write(folder.path().join("csr.der"), csr).unwrap();
        let read_key = ["pkey", "-in", "key.pem", "-noout", "-text", "-check"];
        let Some(text) = run("openssl", &read_key, folder.path()) else { return };
        assert!(text.contains(key_says) && text.contains("Key is valid"), "{kind:?}: {text}");
        let read_csr = ["req", "-inform", "DER", "-in", "csr.der", "-noout", "-text", "-verify"];
        let Some(text) = run("openssl", &read_csr, folder.path()) else { return };
        assert!(text.contains(csr_says) && text.contains("verify OK"), "{kind:?}: {text}");
        assert!(text.contains("Subject: \n"), "{text}");
        assert!(text.contains("DNS:example.com, DNS:*.example.com, DNS:xn--bcher-kva.example"), "{text}");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_not_quoted() {
    for text in ["", "secret", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"] {
        let error = tls::keys::csr(&text.into(), &names(&["example.com"])).await.unwrap_err();
        assert_eq!(error.to_string(), "key: must be a PEM private key that is not encrypted");
    }
}
