use std::sync::Arc;

use aws::{Aws, SetupError};
use domain::counter::{COUNT, COUNTERS};
use domain::ports::{Expect, Item, Key, Query, Store, Write};
use domain::users::USERS;
use serde_json::json;
use system::SystemEntropy;
use system_tests::aws::{Calls, Emulator, Ledger};
use system_tests::walk::Meter;

fn put(expect: Expect) -> Write {
    let item: Item = json!({"id": 1, "rev": 1}).as_object().unwrap().clone();
    Write::Put { table: &USERS, item, expect }
}

/// Each method of the store is one call.
#[tokio::test]
async fn each_method_is_one_call() {
    let Some(emulator) = Emulator::start().await else { return };
    let calls = Arc::new(Calls::default());
    let store = emulator.aws().observed(Arc::clone(&calls) as _).store();
    assert_eq!(calls.take(), Vec::<String>::new(), "nothing is called before it is needed");
    store.write(put(Expect::Absent)).await.unwrap();
    assert_eq!(calls.take(), ["dynamodb PutItem"]);
    store.get(&USERS, Key::of(1)).await.unwrap();
    assert_eq!(calls.take(), ["dynamodb GetItem"]);
    store.get_many(vec![(&USERS, Key::of(1)), (&COUNTERS, Key::of("a"))]).await.unwrap();
    assert_eq!(calls.take(), ["dynamodb BatchGetItem"]);
    store.increment(&COUNTERS, Key::of("a"), COUNT, 1).await.unwrap();
    assert_eq!(calls.take(), ["dynamodb UpdateItem"]);
    store.write(put(Expect::Absent)).await.unwrap_err();
    assert_eq!(calls.take(), ["dynamodb PutItem"]);
    store.transact(vec![put(Expect::Rev(1))]).await.unwrap();
    assert_eq!(calls.take(), ["dynamodb TransactWriteItems"]);
    store.write(Write::Delete { table: &USERS, key: Key::of(1), expect: Expect::Any }).await.unwrap();
    assert_eq!(calls.take(), ["dynamodb DeleteItem"]);
    store.scan(&USERS, None).await.unwrap();
    assert_eq!(calls.take(), ["dynamodb Scan"]);
}

/// A KB written and four KB read are a unit each; a transaction writes twice, and an index once more.
#[tokio::test]
async fn the_capacity_of_each_call_is_told() {
    let Some(emulator) = Emulator::start().await else { return };
    let ledger = Arc::new(Ledger::new(&emulator.settings().stack));
    let store = emulator.aws().observed(Arc::clone(&ledger) as _).store();
    let used = || {
        let [charge] = &ledger.take()[..] else { panic!("one call") };
        (charge.tables.join("+"), charge.reads, charge.writes)
    };
    let (table, listed) = ("users".to_owned(), "x".repeat(4900));
    let item = |id: i64| json!({"id": id, "rev": 1, "listing": "users", "note": listed}).as_object().unwrap().clone();
    let put = |id| Write::Put { table: &USERS, item: item(id), expect: Expect::Absent };
    store.write(put(1)).await.unwrap();
    assert_eq!(used(), (table.clone(), 0.0, 6.0), "five KB, and an entry of an index");
    store.transact(vec![put(2), put(3)]).await.unwrap();
    assert_eq!(used(), (table.clone(), 0.0, 22.0));
    store.get(&USERS, Key::of(1)).await.unwrap();
    assert_eq!(used(), (table.clone(), 2.0, 0.0));
    store.get(&USERS, Key::of(4)).await.unwrap();
    assert_eq!(used(), (table.clone(), 1.0, 0.0), "what is not there");
    store.get_many(vec![(&USERS, Key::of(1)), (&USERS, Key::of(2))]).await.unwrap();
    assert_eq!(used(), (table.clone(), 4.0, 0.0));
    let mut query = Query::of(&USERS, "users");
    query.index = Some("by_listing");
    assert_eq!(store.query(query).await.unwrap().items.len(), 3);
    assert_eq!(used(), (table, 0.5, 0.0));
}

/// Settings that cannot be called with are refused before anything is, in plain words; no output tells a secret.
#[test]
fn settings_that_cannot_work_are_refused() {
    let settings = |change: fn(&mut aws::Settings)| {
        let given = |name: &str| match name {
            "AWS_REGION" => Some("eu-central-1".to_owned()),
            "AWS_ACCESS_KEY_ID" => Some("AKIDEXAMPLE".into()),
            "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN" => Some("open-sesame".into()),
            _ => None,
        };
        let mut settings = aws::Settings::of("steward", given).unwrap();
        change(&mut settings);
        Aws::new(settings, Arc::new(SystemEntropy))
    };
    let aws = settings(|_| ()).unwrap();
    assert!(!format!("{aws:?} {:?} {:?}", aws.store(), aws.vault()).contains("sesame"));
    assert!(matches!(settings(|s| s.stack = "a_b".into()), Err(SetupError::Stack(_))));
    assert!(matches!(settings(|s| s.stack = String::new()), Err(SetupError::Stack(_))));
    assert!(matches!(settings(|s| s.endpoint = Some("localhost:4566".into())), Err(SetupError::Endpoint(_))));
    assert!(matches!(settings(|s| s.roots_pem = Some(b"none".to_vec())), Err(SetupError::Roots(_))));
}
