//! `steward export` and `steward import`: everything moves, and nothing moves by half.

mod commands;
mod round_trip;
mod to_aws;
mod work;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use domain::Context;
use domain::ports::{EntropyExt, Expect, Item, SecretName, Write};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use steward::transfer::{Manifest, TransferError, export, import};
use system::SystemEntropy;
use system_tests::steward::{Client, Steward, StewardOptions, empty_context};
use tempfile::TempDir;

/// Rows of every kind, jobs that wait, and secrets with versions.
async fn filled() -> (Steward, Client) {
    let steward = Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let user = steward.user("anna").await;
    for n in 0..300 {
        steward.plant_certificate(2, &format!("n{n}.example.com")).await;
    }
    steward.plant_account(2).await;
    steward.plant_operation(2).await;
    let ctx = &steward.ctx;
    let key = SecretName("certificates/1/key".into());
    for version in ["the first\nkey", "the second\nkey"] {
        ctx.vault.put(&key, &SecretString::from(version)).await.unwrap();
    }
    (steward, user)
}

/// What an export says of a place: count and checksum of each file.
async fn everything(place: commands::At<'_>, directory: &TempDir) -> BTreeMap<String, (u64, String)> {
    commands::export(place, &directory.path().join(SystemEntropy.hex::<4>())).await.ok()
}

/// Spoils an export.
type Spoil<'a> = &'a dyn Fn(&Path);

/// What an export of the target says, which must be what was imported.
async fn exported_again(ctx: &Context, directory: &Path) -> Manifest {
    export(ctx, &directory.join(format!("again-{}", ctx.entropy.hex::<4>()))).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_moves_with_counts_and_sums() {
    let (steward, user) = filled().await;
    let directory = TempDir::with_prefix("steward-test-").unwrap();
    let path = directory.path().join("export");
    let manifest = export(&steward.ctx, &path).await.unwrap();
    assert_eq!((manifest.files["certificates"].count, manifest.files["users"].count), (300, 2));
    assert_eq!(fs::read_dir(&path).unwrap().count(), manifest.files.len() + 1);

    let target = empty_context(&directory.path().join("target"));
    assert_eq!(import(&target, &path, false).await.unwrap(), manifest);
    assert_eq!(exported_again(&target, directory.path()).await, manifest);
    let key = SecretName("certificates/1/key".into());
    assert_eq!(target.vault.get(&key).await.unwrap().unwrap().expose_secret(), "the second\nkey");
    assert_eq!(target.vault.previous(&key).await.unwrap().unwrap().expose_secret(), "the first\nkey");

    // Who was logged in still is, and new ids go on where the old ones ended.
    drop(target);
    let data = Some(directory.path().join("target"));
    let moved = Steward::start(StewardOptions { data, ..StewardOptions::default() }).await;
    let user = user.at(moved.url());
    assert_eq!(user.get("/api/certificates").await.ok()["total"], 300);
    moved.user("bert").await;
    assert_eq!(moved.admin().await.get("/api/v1/users/3").await.ok()["data"]["username"], "bert");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_holds_anything_is_refused() {
    let (steward, _) = filled().await;
    let directory = TempDir::with_prefix("steward-test-").unwrap();
    let path = directory.path().join("export");
    export(&steward.ctx, &path).await.unwrap();
    let other = Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    for go_on in [false, true] {
        let refused = import(&other.ctx, &path, go_on).await.unwrap_err();
        assert!(matches!(refused, TransferError::NotEmpty(_)), "{refused}");
    }
    assert_eq!(other.admin().await.get("/api/certificates").await.ok()["total"], 0, "something was written");
    let again = export(&steward.ctx, &path).await.unwrap_err();
    assert!(matches!(again, TransferError::File { .. }), "an export was written over: {again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_cut_off_goes_on() {
    let (steward, _) = filled().await;
    let directory = TempDir::with_prefix("steward-test-").unwrap();
    let path = directory.path().join("export");
    let manifest = export(&steward.ctx, &path).await.unwrap();
    let target = empty_context(&directory.path().join("target"));
    let rows = fs::read_to_string(path.join("certificates.jsonl")).unwrap();
    for row in rows.lines().take(150) {
        let item: Item = serde_json::from_str(row).unwrap();
        let table = &domain::certificates::CERTIFICATES;
        target.store.write(Write::Put { table, item, expect: Expect::Absent }).await.unwrap();
    }
    let refused = import(&target, &path, false).await.unwrap_err();
    assert!(refused.to_string().contains("--continue"), "{refused}");
    import(&target, &path, true).await.unwrap();
    assert_eq!(exported_again(&target, directory.path()).await, manifest);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_newer_or_was_changed_is_refused_before_anything_is_written() {
    let (steward, _) = filled().await;
    let directory = TempDir::with_prefix("steward-test-").unwrap();
    let target = empty_context(&directory.path().join("target"));
    let manifest = |path: &Path, change: &dyn Fn(&mut Value)| {
        let file = path.join("manifest.json");
        let mut manifest: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        change(&mut manifest);
        fs::write(file, manifest.to_string()).unwrap();
    };
    let cases: [(&str, Spoil<'_>); 7] = [
        ("for the queue courier", &|path| {
            let line = json!({"queue": "courier", "job": {"job": "sweep"}}).to_string();
            fs::write(path.join("jobs.jsonl"), format!("{line}\n")).unwrap();
            let mut sum = Sha256::new();
            sum.update(format!("{line}\n"));
            manifest(path, &|m| {
                m["files"]["jobs"] = json!({"count": 1, "sha256": hex::encode(sum.clone().finalize())})
            });
        }),
        ("and this is", &|path| manifest(path, &|manifest| manifest["steward"] = json!("99.0.0"))),
        ("and this is", &|path| manifest(path, &|manifest| manifest["format"] = json!(2))),
        ("does not know", &|path| manifest(path, &|m| m["files"]["rentals"] = m["files"]["users"].clone())),
        ("does not list", &|path| manifest(path, &|m| drop(m["files"].as_object_mut().unwrap().remove("secrets")))),
        ("changed or cut off", &|path| {
            let file = path.join("audit.jsonl");
            fs::write(&file, fs::read_to_string(&file).unwrap() + "{}\n").unwrap();
        }),
        ("manifest.json", &|path| fs::remove_file(path.join("manifest.json")).unwrap()),
    ];
    for (n, (words, change)) in cases.iter().enumerate() {
        let path = directory.path().join(format!("export-{n}"));
        export(&steward.ctx, &path).await.unwrap();
        change(&path);
        let refused = import(&target, &path, false).await.unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }
    let nothing = exported_again(&target, directory.path()).await;
    assert!(nothing.files.values().all(|content| content.count == 0), "{nothing:?}");
}
