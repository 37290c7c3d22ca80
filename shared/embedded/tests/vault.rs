//! The embedded vault passes the suite of the port, and its secrets are unreadable without the key file.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use domain::conformance::vault as suite;
use domain::ports::{SecretName, Vault};
use secrecy::{ExposeSecret, SecretString};
use support::{System, directory, open, try_open};
use vault::SECRETS;

const PLAIN: &str = "correct-horse-battery-staple";

async fn put(data: &Path, name: &str, secret: &str) {
    open(data).vault().put(&SecretName(name.into()), &SecretString::from(secret)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_suite_passes() {
    let (_parent, data) = directory();
    suite::all(open(&data).vault().as_ref(), &System).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_do_not_hold_the_plain_text() {
    let (_parent, data) = directory();
    put(&data, "certificates/1/key", PLAIN).await;
    let secret = open(&data).vault().get(&SecretName("certificates/1/key".into())).await.unwrap().unwrap();
    assert_eq!(secret.expose_secret(), PLAIN);
    let mut files = 0;
    for entry in fs::read_dir(&data).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(8).any(|window| window == &PLAIN.as_bytes()[..8]));
        files += 1;
    }
    assert!(files >= 3, "{files} files");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_secret_is_never_encrypted_alike() {
    let (_parent, data) = directory();
    let embedded = open(&data);
    let (vault, store) = (embedded.vault(), embedded.store());
    let name = SecretName("twice".into());
    vault.put(&name, &SecretString::from(PLAIN)).await.unwrap();
    vault.put(&name, &SecretString::from(PLAIN)).await.unwrap();
    let row = vault_row(&store, "twice").await;
    assert_ne!(row["current"], row["previous"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_moved_to_another_name_cannot_be_read() {
    let (_parent, data) = directory();
    let embedded = open(&data);
    let (vault, store) = (embedded.vault(), embedded.store());
    vault.put(&SecretName("mine".into()), &SecretString::from(PLAIN)).await.unwrap();
    let mut row = vault_row(&store, "mine").await;
    row.insert("family".into(), "yours".into());
    row.insert("name".into(), "yours".into());
    use domain::ports::{Expect, Store, Write};
    store.write(Write::Put { table: &SECRETS, item: row, expect: Expect::Absent }).await.unwrap();
    let error = vault.get(&SecretName("yours".into())).await.unwrap_err();
    assert!(!error.to_string().contains("horse"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_puts_keep_a_current_and_a_previous_version() {
    let (_parent, data) = directory();
    let vault = open(&data).vault();
    let name = SecretName("busy".into());
    let puts = (0..8).map(|number| {
        let (vault, name) = (Arc::clone(&vault), name.clone());
        tokio::spawn(async move { vault.put(&name, &SecretString::from(number.to_string())).await.unwrap() })
    });
    for put in puts.collect::<Vec<_>>() {
        put.await.unwrap();
    }
    let current = vault.get(&name).await.unwrap().unwrap();
    let previous = vault.previous(&name).await.unwrap().unwrap();
    assert_ne!(current.expose_secret(), previous.expose_secret());
}

#[test]
fn the_key_file_is_for_its_owner_only() {
    let (_parent, data) = directory();
    drop(open(&data));
    let key = data.join("vault.key");
    for (path, mode) in [(&data, 0o700), (&key, 0o600), (&data.join("steward.db"), 0o600)] {
        assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, mode, "{}", path.display());
    }
    for mode in [0o640, 0o604, 0o660] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let error = try_open(&data).unwrap_err().to_string();
        assert!(error.contains("chmod 600") && error.contains("vault.key"), "{error}");
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o400)).unwrap();
    drop(open(&data));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_is_lost_foreign_or_damaged_is_refused() {
    let (_parent, data) = directory();
    let key = data.join("vault.key");
    drop(open(&data));
    fs::remove_file(&key).unwrap();
    drop(open(&data));
    put(&data, "name", PLAIN).await;
    let right = fs::read(&key).unwrap();

    fs::remove_file(&key).unwrap();
    let error = try_open(&data).unwrap_err().to_string();
    assert!(error.contains("missing") && error.contains("backup"), "{error}");
    assert!(!key.exists(), "no new key takes the place of a lost one");

    let (_other_parent, other) = directory();
    drop(open(&other));
    fs::copy(other.join("vault.key"), &key).unwrap();
    let error = try_open(&data).unwrap_err().to_string();
    assert!(error.contains("another key"), "{error}");

    fs::write(&key, "too short\n").unwrap();
    let error = try_open(&data).unwrap_err().to_string();
    assert!(error.contains("32 bytes"), "{error}");

    fs::write(&key, right).unwrap();
    let secret = open(&data).vault().get(&SecretName("name".into())).await.unwrap().unwrap();
    assert_eq!(secret.expose_secret(), PLAIN);
}

async fn vault_row(store: &embedded::EmbeddedStore, name: &str) -> domain::ports::Item {
    use domain::ports::{Key, Store};
    store.get(&SECRETS, Key::pair(name, name)).await.unwrap().unwrap()
}
