//! What every [`Store`] must do.

mod queries;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

pub use queries::{
    index_carries_its_projection, index_is_sparse, query_contains, query_orders_and_limits, query_pages,
    query_pages_at_one_megabyte, query_pages_through_equal_sort_keys, query_sort_at_most,
};

use super::Time;
use crate::counter::{COUNT, COUNTERS};
use crate::ports::{Expect, Item, Key, Store, StoreError, Write};
use crate::users::{USER_NAMES, USERS};

/// The whole suite, one after another.
pub async fn all(store: Arc<dyn Store>, time: &dyn Time) {
    round_trip(store.as_ref()).await;
    refuses_floats(store.as_ref()).await;
    lost_update(store.as_ref()).await;
    expectations(store.as_ref()).await;
    transaction_is_all_or_nothing(store.as_ref()).await;
    transaction_names_the_first_refusal(store.as_ref()).await;
    add_is_bounded(store.as_ref()).await;
    increments_are_distinct(Arc::clone(&store)).await;
    bounded_adds_never_exceed(Arc::clone(&store)).await;
    get_many(store.as_ref()).await;
    query_orders_and_limits(store.as_ref(), time).await;
    query_pages(store.as_ref(), time).await;
    query_pages_at_one_megabyte(store.as_ref(), time).await;
    query_pages_through_equal_sort_keys(store.as_ref(), time).await;
    query_contains(store.as_ref(), time).await;
    query_sort_at_most(store.as_ref(), time).await;
    index_carries_its_projection(store.as_ref(), time).await;
    index_is_sparse(store.as_ref(), time).await;
    scan_reads_everything(store.as_ref()).await;
}

/// An absent item is `None`; every JSON kind comes back as it was put.
pub async fn round_trip(store: &dyn Store) {
    let id = fresh(store).await;
    assert_eq!(store.get(&USERS, Key::of(id)).await.unwrap(), None);
    let item = object(json!({
        "id": id,
        "null": null,
        "yes": true,
        "no": false,
        "zero": 0,
        "negative": -42,
        "smallest": i64::MIN,
        "largest": i64::MAX,
        "unsigned": u64::MAX,
        "empty": "",
        "text": "grüße, 你好, 👋🏽, e\u{301}, \u{0}\u{1f}\"\\'\n",
        "list": [1, "two", [], {}, null, [true, {"deep": [""]}]],
        "map": {"a.b": {"#c": ":d"}, "名前": "値"},
        "v": 1,
        "rev": 1,
    }));
    put(store, Write::Put { table: &USERS, item: item.clone(), expect: Expect::Any }).await;
    assert_eq!(store.get(&USERS, Key::of(id)).await.unwrap(), Some(item));
}

/// A number that is no integer is refused, not rounded.
pub async fn refuses_floats(store: &dyn Store) {
    let id = fresh(store).await;
    let item = object(json!({ "id": id, "half": [0.5] }));
    let result = store.write(Write::Put { table: &USERS, item, expect: Expect::Any }).await;
    assert!(matches!(result, Err(StoreError::Failed(_))), "{result:?}");
    assert_eq!(store.get(&USERS, Key::of(id)).await.unwrap(), None);
}

/// Two read the same revision: the second to save is refused, and its change is not there.
pub async fn lost_update(store: &dyn Store) {
    let id = fresh(store).await;
    put(store, row(id, "first", 1, Expect::Absent)).await;
    put(store, row(id, "second", 2, Expect::Rev(1))).await;
    refused(store.write(row(id, "lost", 2, Expect::Rev(1))).await, 0);
    refused(store.write(delete(id, Expect::Rev(1))).await, 0);
    assert_eq!(store.get(&USERS, Key::of(id)).await.unwrap().unwrap()["text"], "second");
    refused(store.write(row(fresh(store).await, "nobody", 2, Expect::Rev(1))).await, 0);
}

/// Each expectation, of each write.
pub async fn expectations(store: &dyn Store) {
    let id = fresh(store).await;
    let check = |expect| Write::Check { table: &USERS, key: Key::of(id), expect };
    refused(store.write(row(id, "a", 1, Expect::Present)).await, 0);
    refused(store.write(delete(id, Expect::Present)).await, 0);
    refused(store.write(check(Expect::Present)).await, 0);
    put(store, check(Expect::Absent)).await;
    put(store, check(Expect::Any)).await;
    put(store, delete(id, Expect::Any)).await;
    put(store, delete(id, Expect::Absent)).await;
    assert_eq!(store.get(&USERS, Key::of(id)).await.unwrap(), None);

    put(store, row(id, "a", 1, Expect::Absent)).await;
    refused(store.write(row(id, "b", 1, Expect::Absent)).await, 0);
    refused(store.write(delete(id, Expect::Absent)).await, 0);
    refused(store.write(check(Expect::Absent)).await, 0);
    refused(store.write(check(Expect::Rev(2))).await, 0);
    put(store, check(Expect::Rev(1))).await;
    put(store, check(Expect::Present)).await;
    put(store, row(id, "c", 2, Expect::Present)).await;
    let item = store.get(&USERS, Key::of(id)).await.unwrap().unwrap();
    assert_eq!((&item["text"], &item["rev"]), (&json!("c"), &json!(2)), "a put replaces the whole item");
    put(store, delete(id, Expect::Rev(2))).await;
    assert_eq!(store.get(&USERS, Key::of(id)).await.unwrap(), None);
}

/// A transaction over several tables happens, or leaves every one of them as it was.
pub async fn transaction_is_all_or_nothing(store: &dyn Store) {
    let (kept, gone, new) = (fresh(store).await, fresh(store).await, fresh(store).await);
    let name = format!("conformance/{new}");
    let add = || Write::Add { table: &COUNTERS, key: Key::of(name.as_str()), attribute: COUNT, by: 2, at_most: None };
    let marker = || Write::Put {
        table: &USER_NAMES,
        item: object(json!({ "name": name, "user": new })),
        expect: Expect::Absent,
    };
    put(store, row(kept, "kept", 1, Expect::Absent)).await;
    put(store, row(gone, "gone", 1, Expect::Absent)).await;
    let writes = |rev| {
        vec![
            row(new, "new", 1, Expect::Absent),
            delete(gone, Expect::Present),
            add(),
            marker(),
            Write::Check { table: &USERS, key: Key::of(kept), expect: Expect::Rev(rev) },
        ]
    };
    refused(store.transact(writes(7)).await, 4);
    assert_eq!(store.get(&USERS, Key::of(new)).await.unwrap(), None);
    assert!(store.get(&USERS, Key::of(gone)).await.unwrap().is_some());
    assert_eq!(store.get(&COUNTERS, Key::of(name.as_str())).await.unwrap(), None);
    assert_eq!(store.get(&USER_NAMES, Key::of(name.as_str())).await.unwrap(), None);

    store.transact(writes(1)).await.unwrap();
    assert!(store.get(&USERS, Key::of(new)).await.unwrap().is_some());
    assert_eq!(store.get(&USERS, Key::of(gone)).await.unwrap(), None);
    assert_eq!(store.get(&COUNTERS, Key::of(name.as_str())).await.unwrap().unwrap()[COUNT], 2);
    assert_eq!(store.get(&USER_NAMES, Key::of(name.as_str())).await.unwrap().unwrap()["user"], new);
}

/// The index of the write whose expectation did not hold; of a hundred writes too, and the first of several.
pub async fn transaction_names_the_first_refusal(store: &dyn Store) {
    let mut writes = Vec::new();
    for _ in 0..100 {
        writes.push(row(fresh(store).await, "new", 1, Expect::Absent));
    }
    let taken = fresh(store).await;
    put(store, row(taken, "taken", 1, Expect::Absent)).await;
    for index in [0, 57, 99] {
        let mut writes = writes.clone();
        writes[index] = row(taken, "new", 1, Expect::Absent);
        refused(store.transact(writes).await, index);
    }
    let absent = fresh(store).await;
    let mut several = writes.clone();
    several[12] = delete(absent, Expect::Present);
    several[34] = row(taken, "new", 1, Expect::Absent);
    refused(store.transact(several).await, 12);
    store.transact(writes).await.unwrap();
    store.transact(Vec::new()).await.unwrap();
}

/// `at_most` looks at the value before adding; what is absent counts as 0.
pub async fn add_is_bounded(store: &dyn Store) {
    let name = format!("conformance/bounded/{}", fresh(store).await);
    let add = |by, at_most| Write::Add { table: &COUNTERS, key: Key::of(name.as_str()), attribute: COUNT, by, at_most };
    refused(store.write(add(1, Some(-1))).await, 0);
    put(store, add(0, Some(0))).await;
    put(store, add(1, Some(0))).await;
    refused(store.write(add(1, Some(0))).await, 0);
    refused(store.write(add(0, Some(0))).await, 0);
    put(store, add(5, Some(1))).await;
    put(store, add(-3, None)).await;
    let taken = fresh(store).await;
    refused(store.transact(vec![row(taken, "a", 1, Expect::Absent), add(1, Some(2))]).await, 1);
    let item = store.get(&COUNTERS, Key::of(name.as_str())).await.unwrap().unwrap();
    assert_eq!(item[COUNT], 3);
    assert_eq!(store.increment(&COUNTERS, Key::of(name.as_str()), COUNT, -10).await.unwrap(), -7);
}

/// Callers at the same time each get a value of their own, and none is left out.
pub async fn increments_are_distinct(store: Arc<dyn Store>) {
    let key = Key::of(format!("conformance/increments/{}", fresh(store.as_ref()).await));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (store, key) = (Arc::clone(&store), key.clone());
            tokio::spawn(async move {
                let mut values = Vec::new();
                for _ in 0..25 {
                    values.push(store.increment(&COUNTERS, key.clone(), COUNT, 1).await.unwrap());
                }
                values
            })
        })
        .collect();
    let mut all = BTreeSet::new();
    for task in tasks {
        let values = task.await.unwrap();
        assert!(values.is_sorted(), "a caller's values do not rise: {values:?}");
        all.extend(values);
    }
    assert_eq!(all, (1..=200).collect());
}

/// However many add at once, a bound is not exceeded.
pub async fn bounded_adds_never_exceed(store: Arc<dyn Store>) {
    let key = Key::of(format!("conformance/limit/{}", fresh(store.as_ref()).await));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (store, key) = (Arc::clone(&store), key.clone());
            tokio::spawn(async move {
                loop {
                    let (table, key) = (&COUNTERS, key.clone());
                    match store.write(Write::Add { table, key, attribute: COUNT, by: 1, at_most: Some(6) }).await {
                        Ok(()) => return 1,
                        Err(StoreError::Unexpected { .. }) => return 0,
                        Err(StoreError::Busy(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        })
        .collect();
    let mut added = 0;
    for task in tasks {
        added += task.await.unwrap();
    }
    assert_eq!(added, 7);
    assert_eq!(store.get(&COUNTERS, key).await.unwrap().unwrap()[COUNT], 7);
}

/// Items of several tables in the order asked for, with holes, with repeats, and more than fit into one answer.
pub async fn get_many(store: &dyn Store) {
    assert_eq!(store.get_many(Vec::new()).await.unwrap(), Vec::new());
    let (first, missing, second) = (fresh(store).await, fresh(store).await, fresh(store).await);
    let name = format!("conformance/{first}");
    put(store, row(first, "first", 1, Expect::Any)).await;
    put(store, row(second, "second", 1, Expect::Any)).await;
    let marker = object(json!({ "name": name, "user": first }));
    put(store, Write::Put { table: &USER_NAMES, item: marker, expect: Expect::Any }).await;
    let items = store
        .get_many(vec![
            (&USERS, Key::of(second)),
            (&USER_NAMES, Key::of(name.as_str())),
            (&USERS, Key::of(missing)),
            (&USERS, Key::of(first)),
            (&USER_NAMES, Key::of(format!("conformance/none/{first}"))),
            (&USERS, Key::of(second)),
        ])
        .await
        .unwrap();
    let ids: Vec<_> = items.iter().map(|item| item.as_ref().map(|item| (item.get("id"), item.get("user")))).collect();
    let (first, second) = (json!(first), json!(second));
    assert_eq!(
        ids,
        [
            Some((Some(&second), None)),
            Some((None, Some(&first))),
            None,
            Some((Some(&first), None)),
            None,
            Some((Some(&second), None)),
        ]
    );

    // 60 items of 300 kB are more than the 16 MB of one BatchGetItem.
    let mut keys = Vec::new();
    for _ in 0..60 {
        let id = fresh(store).await;
        put(store, row(id, &"x".repeat(300_000), 1, Expect::Absent)).await;
        keys.push((&USERS, Key::of(id)));
    }
    let items = store.get_many(keys.clone()).await.unwrap();
    for ((_, key), item) in keys.iter().zip(items) {
        let id = item.expect("every item of a large batch")["id"].as_i64().unwrap();
        assert_eq!(*key, Key::of(id));
        put(store, delete(id, Expect::Any)).await;
    }
}

/// A scan gives every item of a table once, in pages of at most 1 MB.
pub async fn scan_reads_everything(store: &dyn Store) {
    let mut wanted = BTreeSet::new();
    for _ in 0..15 {
        let id = fresh(store).await;
        put(store, row(id, &"x".repeat(100_000), 1, Expect::Absent)).await;
        wanted.insert(id);
    }
    let mut seen = BTreeSet::new();
    let (mut after, mut pages) = (None, 0);
    loop {
        let page = store.scan(&USERS, after).await.unwrap();
        let size: usize =
            page.items.iter().map(|item| item.values().map(|value| value.to_string().len()).sum::<usize>()).sum();
        assert!(size < 1_200_000, "a page of {size} bytes");
        for item in &page.items {
            assert!(seen.insert(item["id"].as_i64().unwrap()), "an item came twice");
        }
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(pages >= 2, "{pages} pages of at least 1.5 MB");
    assert!(seen.is_superset(&wanted));
    for id in wanted {
        put(store, delete(id, Expect::Present)).await;
    }
}

/// A number that no other run has had.
async fn fresh(store: &dyn Store) -> i64 {
    store.increment(&COUNTERS, Key::of("conformance/id"), COUNT, 1).await.unwrap()
}

async fn put(store: &dyn Store, write: Write) {
    store.write(write).await.unwrap();
}

fn refused(result: Result<(), StoreError>, position: usize) {
    match result {
        Err(StoreError::Unexpected { index }) => assert_eq!(index, position, "the wrong write was named"),
        other => panic!("the expectation of write {position} should not have held: {other:?}"),
    }
}

fn row(id: i64, text: &str, rev: u64, expect: Expect) -> Write {
    Write::Put { table: &USERS, item: object(json!({ "id": id, "text": text, "rev": rev })), expect }
}

fn delete(id: i64, expect: Expect) -> Write {
    Write::Delete { table: &USERS, key: Key::of(id), expect }
}

fn object(value: Value) -> Item {
    match value {
        Value::Object(item) => item,
        other => panic!("{other} is no object"),
    }
}
