use std::fs;
use std::path::Path;

use domain::audit::AUDIT;
use domain::ports::{Expect, Item, Key, Query, Write};
use futures_util::future::join_all;
use serde_json::{Value, json};
use system_tests::steward::{Client, Steward, StewardOptions, eventually};

use super::{trail, verdict};

/// A trail with some entries, and nobody who adds to it.
async fn some(number: u64) -> Steward {
    let steward = Steward::start(StewardOptions::default()).await;
    for n in 1..=number {
        domain::audit::record_system(&steward.ctx, "test.act", format!("thing {n}"), "done").await.unwrap();
    }
    eventually("the entries", async || (verdict(&steward).await == Ok(number)).then_some(())).await;
    steward
}

async fn item(steward: &Steward, seq: u64) -> Item {
    let key = Key::pair("audit", format!("s{seq:016}"));
    steward.ctx.store.get(&AUDIT, key).await.unwrap().unwrap()
}

async fn put(steward: &Steward, item: Item) {
    steward.ctx.store.write(Write::Put { table: &AUDIT, item, expect: Expect::Any }).await.unwrap();
}

async fn remove(steward: &Steward, seq: u64) {
    let key = Key::pair("audit", format!("s{seq:016}"));
    steward.ctx.store.write(Write::Delete { table: &AUDIT, key, expect: Expect::Any }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_entry_is_found() {
    let steward = some(6).await;
    for (field, value) in [
        ("target", json!("thing 5")),
        ("source", json!("192.0.2.1")),
        ("user", json!(7)),
        ("outcome", json!({"is": "answered", "status": 200, "made": null})),
        ("at", json!("2020-01-01T00:00:00Z")),
    ] {
        let whole = item(&steward, 4).await;
        let mut changed = whole.clone();
        changed.insert(field.into(), value);
        put(&steward, changed).await;
        assert_eq!(verdict(&steward).await.unwrap_err(), "entry 4 was changed: its hash does not fit", "{field}");
        put(&steward, whole).await;
        assert_eq!(verdict(&steward).await, Ok(6));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_moved_and_cut_off_entries_are_found() {
    let steward = some(6).await;
    let (third, fourth, last) = (item(&steward, 3).await, item(&steward, 4).await, item(&steward, 6).await);

    remove(&steward, 3).await;
    assert_eq!(verdict(&steward).await.unwrap_err(), "entry 3 is missing");
    put(&steward, third.clone()).await;

    // Each in the other's place, with the place's name and number.
    for (mut moved, place) in [(third.clone(), &fourth), (fourth.clone(), &third)] {
        moved.insert("id".into(), place["id"].clone());
        moved.insert("seq".into(), place["seq"].clone());
        put(&steward, moved).await;
    }
    assert_eq!(verdict(&steward).await.unwrap_err(), "entry 3 was changed: its hash does not fit");
    put(&steward, third).await;
    put(&steward, fourth).await;

    remove(&steward, 6).await;
    assert_eq!(verdict(&steward).await.unwrap_err(), "entry 6 is missing");
    remove(&steward, 5).await;
    assert_eq!(verdict(&steward).await.unwrap_err(), "the entries 5 to 6 are missing");
    assert_eq!(last["seq"], 6);
}

/// The head goes back with the entries that were cut off: their neighbour's hash is the head's, and the proof's last
/// hash is no longer the one that somebody kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_was_changed_is_found() {
    let steward = some(3).await;
    let key = || Key::pair("head", "head");
    let mut head = steward.ctx.store.get(&AUDIT, key()).await.unwrap().unwrap();
    let whole = head.clone();
    head.insert("hash".into(), json!("00"));
    put(&steward, head).await;
    assert_eq!(verdict(&steward).await.unwrap_err(), "the head of the chain is missing or was changed");
    steward.ctx.store.write(Write::Delete { table: &AUDIT, key: key(), expect: Expect::Any }).await.unwrap();
    assert_eq!(verdict(&steward).await.unwrap_err(), "the head of the chain is missing or was changed");
    put(&steward, whole).await;
    assert_eq!(verdict(&steward).await, Ok(3));
}

/// A thousand requests at once: every one has its entry, once, and the chain is whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_at_once_leave_a_whole_chain() {
    const REQUESTS: usize = 1000;
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let all = (0..REQUESTS).map(|n| {
        let admin = &admin;
        async move { admin.delete(&format!("/api/certificates/{}", n + 1)).await.expect(404) }
    });
    join_all(all).await;
    eventually("all entries", async || (verdict(&steward).await == Ok(REQUESTS as u64 + 1)).then_some(())).await;
    let mut targets: Vec<_> = trail(&admin).await.iter().map(|entry| entry["target"].to_string()).collect();
    targets.sort();
    targets.dedup();
    assert_eq!(targets.len(), REQUESTS + 1);
}

/// What was written before there was a chain is listed after it, and counted as what it is.
#[tokio::test(flavor = "multi_thread")]
async fn older_entries_are_listed_and_counted_apart() {
    let steward = some(2).await;
    let old = json!({
        "trail": "audit", "id": "0019ab3c4d5e6f0123456789abcdef", "at": "2026-11-01T00:00:00Z", "user": 1,
        "source": "203.0.113.7", "action": "certificate.download", "target": "certificate 12 as key", "v": 1, "rev": 1,
    });
    put(&steward, old.as_object().unwrap().clone()).await;
    let proof = domain::audit::verify(steward.ctx.store.as_ref(), steward.ctx.vault.as_ref()).await.unwrap().unwrap();
    assert_eq!((proof.entries, proof.before), (2, 1));
    let admin = steward.admin().await;
    let first = trail(&admin).await.remove(0);
    assert_eq!((&first["target"], &first["seq"]), (&json!("certificate 12 as key"), &Value::Null));
    let before = admin.get("/api/audit?limit=1").await.ok()["entries"][0]["id"].as_str().unwrap().to_owned();
    assert!(before.starts_with('s'), "{before}");
}

/// `steward` with these arguments, on a data directory that nobody has open.
async fn steward_audit(data: &Path, arguments: &[&str]) -> (bool, String, String) {
    let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
    let arguments = ["audit"].iter().chain(arguments).map(|text| (*text).to_owned()).collect::<Vec<_>>();
    command.args(["--exact", "audit::chain::the_program", "--include-ignored", "--nocapture", "--quiet"]);
    command.env("STEWARD_TEST_ARGUMENTS", serde_json::to_string(&arguments).unwrap()).env("STEWARD_DATA", data);
    let output = command.output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

/// Not a test: the program that the next one runs, in a process of its own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the program that another test runs"]
async fn the_program() {
    use clap::Parser;
    let Ok(arguments) = std::env::var("STEWARD_TEST_ARGUMENTS") else { return };
    let arguments: Vec<String> = serde_json::from_str(&arguments).unwrap();
    let config = steward::Config::parse_from(std::iter::once("steward".to_owned()).chain(arguments));
    let command = config.command.clone().unwrap();
    if let Err(error) = steward::command(&config, command).await {
        eprintln!("steward: {error}");
        std::process::exit(1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_writes_the_trail_out_and_proves_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let steward = Steward::start(StewardOptions { data: Some(data.clone()), ..StewardOptions::default() }).await;
    let admin: Client = steward.admin().await;
    for n in 1..=4 {
        admin.delete(&format!("/api/certificates/{n}")).await.expect(404);
    }
    eventually("the entries", async || (verdict(&steward).await == Ok(5)).then_some(())).await;
    let last = item(&steward, 5).await["hash"].as_str().unwrap().to_owned();
    let entries = steward.ctx.store.query(Query::of(&AUDIT, "audit")).await.unwrap().items.len();
    steward.stop().await;

    let (whole, out, err) = steward_audit(&data, &["verify"]).await;
    assert!(whole && out.contains("whole: 5 entries in the chain") && out.contains(&last), "{out}{err}");
    let (_, out, _) = steward_audit(&data, &["export"]).await;
    let lines: Vec<&str> = out.lines().filter(|line| line.starts_with('{')).collect();
    assert_eq!(lines.len(), entries + 1, "{out}");

    let file = folder.path().join("trail.jsonl");
    let check = async |lines: &[&str]| {
        fs::write(&file, lines.join("\n")).unwrap();
        let (whole, out, err) = steward_audit(&data, &["verify", file.to_str().unwrap()]).await;
        if whole { Ok(out) } else { Err(err) }
    };
    assert!(check(&lines).await.unwrap().contains(&last));
    let changed = lines[1].replace("127.0.0.1", "127.0.0.2");
    let swapped = [&lines[..1], &[lines[2], lines[1]], &lines[3..]].concat();
    for (lines, words) in [
        ([&lines[..1], &[changed.as_str()], &lines[2..]].concat(), "line 2: entry 2 was changed"),
        ([&lines[..1], &lines[2..]].concat(), "line 2: entry 2 is missing"),
        (swapped, "line 2: entry 2 is missing"),
        ([&lines[..4], &lines[5..]].concat(), "entry 5 is missing"),
        (lines[..5].to_vec(), "the head of the chain is missing"),
    ] {
        let error = check(&lines).await.unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
    // A file that cannot be read says nothing of the trail.
    for file in ["/nonexistent/trail.jsonl", folder.path().to_str().unwrap()] {
        let (whole, _, error) = steward_audit(&data, &["verify", file]).await;
        assert!(!whole && error.contains(&format!("cannot read {file}: ")), "{error}");
        assert!(!error.contains("not whole"), "{error}");
    }
}

/// A trail that was cut is proven with the key of its vault; elsewhere a file says that the cut itself was not checked.
#[tokio::test(flavor = "multi_thread")]
async fn the_program_cuts_the_trail_and_proves_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let steward = Steward::start(StewardOptions { data: Some(data.clone()), ..StewardOptions::default() }).await;
    for n in 1..=4 {
        domain::audit::record_system(&steward.ctx, "test.act", format!("thing {n}"), "done").await.unwrap();
    }
    eventually("the entries", async || (verdict(&steward).await == Ok(4)).then_some(())).await;
    steward.clock.advance(std::time::Duration::from_secs(3 * 24 * 60 * 60));
    domain::audit::record_system(&steward.ctx, "test.act", "thing 5".into(), "done").await.unwrap();
    eventually("the entry", async || (verdict(&steward).await == Ok(5)).then_some(())).await;
    let day = (steward.ctx.clock.now() - jiff::SignedDuration::from_hours(24)).to_string();
    steward.stop().await;

    let (done, out, err) = steward_audit(&data, &["purge", "--before", &day[..10]]).await;
    assert!(done && out.contains("Removed 4 entries"), "{out}{err}");
    let (whole, out, err) = steward_audit(&data, &["verify"]).await;
    assert!(whole && out.contains("1 entries in the chain") && out.contains("begins after entry 4"), "{out}{err}");

    let (_, out, _) = steward_audit(&data, &["export"]).await;
    let lines: Vec<&str> = out.lines().filter(|line| line.starts_with('{')).collect();
    assert!(lines[0].starts_with("{\"cut\":") && lines.len() == 3, "{out}");
    let file = folder.path().join("trail.jsonl");
    let check = async |data: &Path, lines: &[&str]| {
        fs::write(&file, lines.join("\n")).unwrap();
        steward_audit(data, &["verify", file.to_str().unwrap()]).await
    };
    let (whole, out, err) = check(&data, &lines).await;
    assert!(whole && !out.contains("not checked"), "{out}{err}");
    let nowhere = folder.path().join("nowhere");
    let (whole, out, _) = check(&nowhere, &lines).await;
    assert!(whole && out.contains("The signature of the cut was not checked"), "{out}");
    assert!(!nowhere.exists(), "a file is checked without a data directory");
    let forged = lines[0].replace("\"signature\":\"", "\"signature\":\"00");
    let (whole, _, err) = check(&data, &[&[forged.as_str()], &lines[1..]].concat()).await;
    assert!(!whole && err.contains("the cut has a wrong signature"), "{err}");
    let (whole, _, err) = check(&data, &lines[1..]).await;
    assert!(!whole && err.contains("the entries 1 to 4 are missing"), "{err}");
}
