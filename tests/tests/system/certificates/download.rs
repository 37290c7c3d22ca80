use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::process::Command;

use serde_json::{Value, json};
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Lab, Reply, eventually};
use system_tests::{need, openssl};

async fn download(lab: &Lab, id: i64, query: &str) -> Reply {
    lab.admin.get(&format!("/api/certificates/{id}/download{query}")).await
}

/// The files in a zip archive.
fn unzip(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = BTreeMap::new();
    for n in 0..archive.len() {
        let mut file = archive.by_index(n).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        files.insert(name, content);
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zip_holds_what_a_web_server_needs_and_nothing_else() {
    need!("pebble", "pebble-challtestsrv", "openssl");
    let lab = Lab::start(PebbleOptions::default()).await;
    let id = lab.issue(&["example.com", "*.example.com"]).await;
    let reply = download(&lab, id, "").await;
    assert_eq!(reply.headers["content-type"], "application/zip");
    assert_eq!(reply.headers["content-disposition"], "attachment; filename=\"example.com.zip\"");
    assert_eq!(reply.headers["cache-control"], "no-store");
    let files = unzip(&reply.bytes);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["cert.pem", "chain.pem", "fullchain.pem", "privkey.pem"]);

    let public = openssl::run(&["x509", "-noout", "-pubkey"], &files["cert.pem"]);
    assert_eq!(public, openssl::run(&["pkey", "-pubout"], &files["privkey.pem"]), "the key is the certificate's");
    assert_eq!(openssl::names(&files["cert.pem"]), ["*.example.com", "example.com"]);
    assert_eq!([&files["cert.pem"][..], &files["chain.pem"][..]].concat(), files["fullchain.pem"]);

    // What a client does that trusts the CA's root.
    let folder = tempfile::tempdir().unwrap();
    let root = lab.pebble.issuing_root_pem().await;
    for (name, content) in [("root.pem", root.as_bytes()), ("chain.pem", &files["chain.pem"])] {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let [root, chain] = ["root.pem", "chain.pem"].map(|name| folder.path().join(name).display().to_string());
    openssl::run(&["verify", "-CAfile", &root, "-untrusted", &chain], &files["cert.pem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_come_alone_too() {
    need!("pebble", "pebble-challtestsrv", "openssl");
    let lab = Lab::start(PebbleOptions::default()).await;
    let id = lab.issue(&["*.example.com"]).await;
    let files = unzip(&download(&lab, id, "?format=pem").await.bytes);
    let named = |reply: &Reply| reply.headers["content-disposition"].to_str().unwrap().to_owned();

    let fullchain = download(&lab, id, "?format=fullchain").await;
    assert_eq!(fullchain.bytes, files["fullchain.pem"]);
    assert_eq!(named(&fullchain), "attachment; filename=\"wildcard.example.com.fullchain.pem\"");
    let key = download(&lab, id, "?format=KEY").await;
    assert_eq!(key.bytes, files["privkey.pem"]);
    let der = download(&lab, id, "?format=der").await;
    let pem = openssl::run(&["x509", "-inform", "DER"], &der.bytes);
    assert_eq!(pem.as_bytes(), files["cert.pem"]);

    // The paths that the certificate shows lead to the same.
    let shown = lab.admin.get(&format!("/api/certificates/{id}")).await.ok();
    for (field, content) in [("cert_path", &files["fullchain.pem"]), ("key_path", &files["privkey.pem"])] {
        assert_eq!(&lab.admin.get(shown[field].as_str().unwrap()).await.bytes, content, "{field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pfx_opens_in_openssl_and_in_java() {
    need!("pebble", "pebble-challtestsrv", "openssl", "keytool");
    let lab = Lab::start(PebbleOptions::default()).await;
    let body = json!({"domain": "example.com", "issuer": "pebble", "encryption_type": "RSA"});
    let ordered = lab.order_with(body).await;
    let id = lab.finish(&ordered).await;
    for query in ["?format=pfx", "?format=pfx&password="] {
        let refused = download(&lab, id, query).await.expect(400);
        let words = "password: must be given for the format pfx: it protects the private key";
        assert_eq!(refused["error"], words);
    }

    let pfx = download(&lab, id, "?format=pfx&password=open%20s%C3%A9same").await;
    assert_eq!(pfx.headers["content-disposition"], "attachment; filename=\"example.com.pfx\"");
    let text = openssl::run(&["pkcs12", "-nodes", "-passin", "pass:open sésame"], &pfx.bytes);
    assert_eq!(text.matches("BEGIN CERTIFICATE").count(), 2, "the leaf and its intermediate:\n{text}");
    let public = openssl::run(&["pkey", "-pubout"], text.as_bytes());
    let fullchain = download(&lab, id, "?format=fullchain").await;
    assert_eq!(public, openssl::run(&["x509", "-noout", "-pubkey"], &fullchain.bytes));

    let pfx = download(&lab, id, "?format=pfx&password=changeit").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.pfx");
    fs::write(&file, &pfx.bytes).unwrap();
    let list = |password: &str| {
        let mut keytool = Command::new("keytool");
        keytool.args(["-list", "-v", "-storepass", password, "-keystore"]).arg(&file).env("LC_ALL", "C");
        keytool.output().unwrap()
    };
    let listed = list("changeit");
    let text = String::from_utf8_lossy(&listed.stdout);
    assert!(listed.status.success(), "{text}");
    assert!(text.contains("PrivateKeyEntry") && text.contains("Certificate chain length: 2"), "{text}");
    assert!(!list("change me").status.success(), "another password opens it");
}

const DOWNLOAD: &str = "GET /api/certificates/{id}/download";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_downloaded_before_it_is_issued_or_in_a_format_that_does_not_exist() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let id = lab.order(&["example.com"]).await["id"].as_i64().unwrap();
    for query in ["", "?format=pem", "?format=pfx&password=x", "?format=der", "?format=fullchain", "?format=key"] {
        let refused = download(&lab, id, query).await.expect(409);
        let words =
            format!("certificate {id} is not issued yet; make its records, then POST /api/certificates/{id}/verify");
        assert_eq!(refused["error"], words);
    }
    for query in ["?format=p12", "?format="] {
        let refused = download(&lab, id, query).await.expect(400);
        assert_eq!(refused["error"], "format: must be one of pem, pfx, der, fullchain, key");
    }
    let entries = eventually("what was refused", async || {
        let entries = lab.admin.get("/api/audit?limit=100").await.ok()["entries"].as_array().unwrap().clone();
        let downloads: Vec<_> = entries.into_iter().filter(|entry| entry["action"] == DOWNLOAD).collect();
        (downloads.len() == 8).then_some(downloads)
    });
    for entry in entries.await {
        assert!(entry["status"] == 409 || entry["status"] == 400, "{entry}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_download_is_in_the_audit_trail() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let id = lab.issue(&["example.com"]).await;
    for query in ["", "?format=pfx&password=secret-word", "?format=key", "?format=fullchain"] {
        assert_eq!(download(&lab, id, query).await.status, 200, "{query}");
    }
    let entries = eventually("four entries", async || {
        let entries = lab.admin.get("/api/audit").await.ok()["entries"].as_array().unwrap().clone();
        let downloads: Vec<_> = entries.into_iter().filter(|entry| entry["action"] == DOWNLOAD).collect();
        (downloads.len() == 4).then_some(downloads)
    });
    let entries = entries.await;
    let me = super::id_of(&lab.admin).await;
    let path = format!("/api/certificates/{id}/download");
    for (entry, query) in entries.iter().zip(["?format=fullchain", "?format=key", "?format=pfx", ""]) {
        assert_eq!(entry["target"], format!("{path}{query}"), "newest first: {entries:?}");
        assert_eq!((&entry["user_id"], &entry["source"]), (&json!(me), &json!("127.0.0.1")));
        assert_eq!((&entry["by"], &entry["status"]), (&json!("token"), &json!(200)));
        assert!(entry["at"].as_str().unwrap().ends_with('Z'), "{entry}");
    }
    assert!(!Value::from(entries).to_string().contains("secret-word"));
    let user = lab.steward.user("alice").await;
    user.get("/api/audit").await.expect(403);
}
