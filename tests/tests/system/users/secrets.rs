use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::{fs, io};

use serde_json::{Value, json};
use system_tests::steward::{ADMIN_PASSWORD, Steward, StewardOptions};

use super::{PASSWORD, confirmed_key};

/// Neither the log, at its most talkative, nor the data directory has a password, a key or a token in it.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_written_where_it_can_be_read() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    // Another test of this process may have set one: then what it writes is not looked at here.
    let listening = tracing::subscriber::set_global_default(subscriber).is_ok();

    let steward = Steward::start(StewardOptions::default()).await;
    let nobody = steward.client();
    let login = nobody.post("/api/auth/login", json!({"username": "admin", "password": ADMIN_PASSWORD})).await.ok();
    let token = login["token"].as_str().unwrap().to_owned();
    let admin = nobody.with_token(&token);
    let secret = "a password of 1 million";
    let body = json!({"username": "anna", "password": secret, "email": "anna@example.com"});
    let key = admin.post("/api/v1/users/register", body).await.ok()["data"]["api_key"].as_str().unwrap().to_owned();
    let regenerated = confirmed_key(&nobody.with_key(&key), secret).await;
    // Secrets where something goes wrong are secrets as well.
    nobody.post("/api/login", json!({"username": "anna", "password": "wrong but close"})).await.expect(401);
    nobody.post("/api/login", json!({"username": "anna", "password": [secret]})).await.expect(400);
    nobody.post("/api/login", json!({"username": "anna", "password": 4_815_162_342_i64})).await.expect(400);
    admin.post("/api/v1/users/register", json!({"username": "x", "password": secret, "email": "y"})).await.expect(400);
    let eab =
        json!({"providerName": "nobody", "email": "ops@example.com", "eabKid": "k", "eabHmacKey": "aGVsbG8gZWFi"});
    admin.post("/api/v1/acme/account/create", eab).await.expect(400);
    admin.get("/api/certificates/1/download?format=pfx&password=protects%20the%20file").await.expect(404);
    admin.post("/api/auth/logout", Value::Null).await.ok();

    let secrets = [
        ADMIN_PASSWORD,
        PASSWORD,
        secret,
        "wrong but close",
        "4815162342",
        "aGVsbG8gZWFi",
        "protects",
        &token,
        token.rsplit('.').next().unwrap(),
        &key[16..],
        &regenerated[16..],
    ];
    let mut files = Vec::new();
    read_all(steward.data(), &mut files);
    assert!(files.iter().any(|(_, bytes)| find(bytes, b"anna@example.com")), "the data directory is elsewhere");
    for secret in secrets {
        for (name, bytes) in &files {
            assert!(!find(bytes, secret.as_bytes()), "'{secret}' is in {name}");
        }
    }
    let log = log.0.lock().unwrap();
    if listening {
        assert!(find(&log, b"/api/v1/users/register"), "nothing was logged");
    }
    for secret in secrets {
        assert!(!find(&log, secret.as_bytes()), "'{secret}' is in the log");
    }
}

fn find(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

fn read_all(directory: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, files);
        } else {
            files.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
