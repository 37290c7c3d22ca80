use std::fs;
use std::io::Read;
use std::path::Path;

use domain::certificates::KeyType;
use domain::names::DomainName;
use secrecy::{ExposeSecret, SecretString};
use tls::export::{Exported, Format, export};

use crate::material::{issue, names};
use crate::programs::run;

const PASSWORD: &str = "päss wörd \"1\"";

struct Sample {
    name: DomainName,
    key: SecretString,
    chain: String,
}

impl Sample {
    async fn new(kind: KeyType) -> Self {
        let names = names(&["*.example.com", "example.com"]);
        let key = tls::keys::generate(kind).await.unwrap();
        let chain = issue(&tls::keys::csr(&key, &names).await.unwrap());
        Self { name: names[0].clone(), key, chain: tls::facts(&chain).unwrap().chain }
    }

    async fn export(&self, format: Format, password: Option<&str>) -> domain::Result<Exported> {
        let password = password.map(SecretString::from);
        export(format, &self.name, &self.chain, Some(&self.key), password.as_ref()).await
    }

    fn certificates(&self) -> Vec<&str> {
        self.chain.split_inclusive("-----END CERTIFICATE-----\n").collect()
    }
}

#[tokio::test]
async fn a_pfx_of_every_kind_of_key_opens_in_openssl() {
    for kind in KeyType::ALL {
        let sample = Sample::new(kind).await;
        let file = sample.export(Format::Pfx, Some(PASSWORD)).await.unwrap();
        assert_eq!((file.file_name.as_str(), file.content_type), ("wildcard.example.com.pfx", "application/x-pkcs12"));
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file.pfx"), &file.bytes).unwrap();
        let secret = format!("pass:{PASSWORD}");
        let read = ["pkcs12", "-in", "file.pfx", "-passin", &secret, "-nodes", "-info"];
        let Some(text) = run("openssl", &read, folder.path()) else { return };
        assert_eq!(text.matches("-----BEGIN CERTIFICATE-----").count(), 2, "{text}");
        assert!(text.contains("AES-256-CBC") && text.contains("MAC: sha256"), "{text}");
        assert!(text.contains(sample.key.expose_secret().trim()), "{kind:?}");
        for certificate in sample.certificates() {
            assert!(text.contains(certificate), "{text}");
        }
    }
}

#[tokio::test]
async fn a_pfx_opens_in_java() {
    for kind in [KeyType::EcP256, KeyType::Rsa2048] {
        let sample = Sample::new(kind).await;
        let file = sample.export(Format::Pfx, Some("change me")).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file.pfx"), &file.bytes).unwrap();
        let list = ["-list", "-v", "-keystore", "file.pfx", "-storepass", "change me"];
        let Some(text) = run("keytool", &list, folder.path()) else { return };
        assert!(text.contains("Entry type: PrivateKeyEntry") && text.contains("chain length: 2"), "{text}");
        let import = [
            &["-importkeystore", "-srckeystore", "file.pfx", "-srcstorepass", "change me"][..],
            &["-destkeystore", "new.jks", "-deststoretype", "JKS", "-deststorepass", "another", "-noprompt"],
        ]
        .concat();
        let Some(text) = run("keytool", &import, folder.path()) else { return };
        assert!(text.contains("1 entries successfully imported"), "{text}");
    }
}

#[tokio::test]
async fn a_pfx_needs_a_password() {
    let sample = Sample::new(KeyType::EcP256).await;
    for (password, words) in [
        (None, "password: must be given for the format pfx: it protects the private key"),
        (Some(""), "password: must be given for the format pfx: it protects the private key"),
        (Some("🔑🔑🔑🔑"), "password: must not contain emoji or other characters beyond U+FFFF"),
    ] {
        assert_eq!(sample.export(Format::Pfx, password).await.unwrap_err().to_string(), words);
    }
}

#[tokio::test]
async fn a_zip_holds_the_four_files_and_keeps_the_key_private() {
    let sample = Sample::new(KeyType::EcP256).await;
    let file = sample.export(Format::Pem, None).await.unwrap();
    assert_eq!((file.file_name.as_str(), file.content_type), ("wildcard.example.com.zip", "application/zip"));
    let [leaf, intermediate] = sample.certificates()[..] else { panic!("{}", sample.chain) };
    let files = [
        ("cert.pem", 0o644, leaf),
        ("chain.pem", 0o644, intermediate),
        ("fullchain.pem", 0o644, &sample.chain),
        ("privkey.pem", 0o600, sample.key.expose_secret()),
    ];
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&file.bytes)).unwrap();
    assert_eq!(zip.len(), files.len());
    for (name, mode, content) in files {
        let mut entry = zip.by_name(name).unwrap();
        assert_eq!(entry.unix_mode().map(|bits| bits & 0o777), Some(mode), "{name}");
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        assert_eq!(text, content, "{name}");
    }

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file.zip"), &file.bytes).unwrap();
    if run("unzip", &["file.zip"], folder.path()).is_some() {
        assert_eq!(fs::read_to_string(folder.path().join("privkey.pem")).unwrap(), sample.key.expose_secret());
        assert_eq!(mode(&folder.path().join("privkey.pem")), 0o600);
    }
}

#[tokio::test]
async fn the_leaf_the_chain_and_the_key_come_alone() {
    let sample = Sample::new(KeyType::EcP384).await;
    let key = sample.export(Format::Key, None).await.unwrap();
    assert_eq!(key.file_name, "wildcard.example.com.key");
    assert_eq!(key.bytes, sample.key.expose_secret().as_bytes());

    let public = |format| export(format, &sample.name, &sample.chain, None, None);
    let fullchain = public(Format::Fullchain).await.unwrap();
    assert_eq!(fullchain.file_name, "wildcard.example.com.fullchain.pem");
    assert_eq!(fullchain.bytes, sample.chain.as_bytes());
    for format in Format::ALL {
        assert_eq!(public(format).await.is_err(), format.needs_key(), "{format}");
    }

    let der = public(Format::Der).await.unwrap();
    assert_eq!((der.file_name.as_str(), der.content_type), ("wildcard.example.com.der", "application/pkix-cert"));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file.der"), &der.bytes).unwrap();
    let read = ["x509", "-inform", "DER", "-in", "file.der"];
    let Some(text) = run("openssl", &read, folder.path()) else { return };
    assert_eq!(text, sample.certificates()[0]);
}

#[tokio::test]
async fn a_plain_name_is_the_file_s_name_and_debug_shows_no_content() {
    let sample = Sample::new(KeyType::EcP256).await;
    let plain = names(&["example.com"]);
    let file = export(Format::Key, &plain[0], &sample.chain, Some(&sample.key), None).await.unwrap();
    assert_eq!(
        format!("{file:?}"),
        r#"Exported { file_name: "example.com.key", content_type: "application/x-pem-file", .. }"#
    );
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
