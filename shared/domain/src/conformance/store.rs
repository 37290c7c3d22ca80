//! What every [`Store`] must do.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Time, eventually};
use crate::certificates::CERTIFICATES;
use crate::counter::{COUNT, COUNTERS};
use crate::operations::OPERATIONS;
use crate::ports::{Expect, Item, Key, KeyValue, Page, PageToken, Query, Store, StoreError, Write};
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

/// Ascending and descending by number and by text, with a limit.
pub async fn query_orders_and_limits(store: &dyn Store, time: &dyn Time) {
    let open = partition(store).await;
    for touched in [100, -5, 9, 0, 1000, -40] {
        put(store, operation(fresh(store).await, &open, touched)).await;
    }
    let mut query = by_open(&open);
    assert_eq!(numbers(&settled(store, time, &query, 6).await, "touched"), [-40, -5, 0, 9, 100, 1000]);
    query.descending = true;
    assert_eq!(numbers(&settled(store, time, &query, 6).await, "touched"), [1000, 100, 9, 0, -5, -40]);
    query.limit = Some(2);
    let page = store.query(query.clone()).await.unwrap();
    assert_eq!(numbers(&page.items, "touched"), [1000, 100]);
    assert!(page.next.is_some());
    let nobody = by_open(&format!("{open}/nobody"));
    let page = store.query(nobody).await.unwrap();
    assert!(page.items.is_empty() && page.next.is_none());

    let trail = partition(store).await;
    for order in ["b", "a\u{0}", "ä", "a", "B"] {
        let id = format!("{trail}/{order}");
        let item = object(json!({ "id": id, "trail": trail, "order": order }));
        put(store, Write::Put { table: &crate::audit::AUDIT, item, expect: Expect::Absent }).await;
    }
    let index = crate::audit::AUDIT.indexes.first().unwrap().name;
    let query = Query { index: Some(index), ..Query::of(&crate::audit::AUDIT, trail.as_str()) };
    let items = settled(store, time, &query, 5).await;
    let orders: Vec<_> = items.iter().map(|item| item["order"].as_str().unwrap()).collect();
    assert_eq!(orders, ["B", "a", "a\u{0}", "b", "ä"], "text is in the order of its bytes");
}

/// Page after page gives every item once, both ways, and ends.
pub async fn query_pages(store: &dyn Store, time: &dyn Time) {
    let open = partition(store).await;
    for touched in 0..7 {
        put(store, operation(fresh(store).await, &open, touched)).await;
    }
    settled(store, time, &by_open(&open), 7).await;
    for (descending, limit) in [(false, 1), (true, 2), (false, 3), (true, 7), (false, 100)] {
        let query = Query { descending, limit: Some(limit), ..by_open(&open) };
        let mut seen =
            numbers(&pages(store, query, |page| assert!(page.items.len() <= limit as usize)).await, "touched");
        if descending {
            seen.reverse();
        }
        assert_eq!(seen, (0..7).collect::<Vec<_>>(), "descending {descending}, limit {limit}");
    }
}

/// Without a limit a page ends at 1 MB of items.
pub async fn query_pages_at_one_megabyte(store: &dyn Store, time: &dyn Time) {
    let open = partition(store).await;
    for touched in 0..15 {
        let id = fresh(store).await;
        let mut item = operation_item(id, &open, touched);
        item.insert("large".into(), "x".repeat(100_000).into());
        put(store, Write::Put { table: &OPERATIONS, item, expect: Expect::Absent }).await;
    }
    let last = Query { descending: true, limit: Some(1), ..by_open(&open) };
    eventually(time, "the last of fifteen items in an index", async || {
        let page = store.query(last.clone()).await.unwrap();
        (numbers(&page.items, "touched") == [14]).then_some(())
    })
    .await;
    let mut lengths = Vec::new();
    let items = pages(store, by_open(&open), |page| lengths.push(page.items.len())).await;
    assert_eq!(numbers(&items, "touched"), (0..15).collect::<Vec<_>>());
    assert!(lengths.iter().all(|length| *length <= 10), "{lengths:?}: 1 MB holds ten of these items");
    // What is skipped is read all the same: a page of a filtered query may be empty and not the last.
    let mut filtered = 0;
    let query = Query { contains: Some(("large", "y".into())), ..by_open(&open) };
    assert!(pages(store, query, |_| filtered += 1).await.is_empty());
    assert!(filtered >= 2, "{filtered} pages");
}

/// Items that share a sort key are neither skipped nor repeated at the border of a page.
pub async fn query_pages_through_equal_sort_keys(store: &dyn Store, time: &dyn Time) {
    let open = partition(store).await;
    let mut ids = BTreeSet::new();
    for _ in 0..9 {
        let id = fresh(store).await;
        put(store, operation(id, &open, 5)).await;
        ids.insert(id);
    }
    settled(store, time, &by_open(&open), 9).await;
    for descending in [false, true] {
        let query = Query { descending, limit: Some(2), ..by_open(&open) };
        let seen = numbers(&pages(store, query, |_| ()).await, "id");
        assert_eq!(seen.len(), 9);
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), ids);
    }
}

/// `contains` takes the text literally, minds case, and is applied after the limit.
pub async fn query_contains(store: &dyn Store, time: &dyn Time) {
    let owner = fresh(store).await;
    let texts = ["shop.example.com", "SHOP.example.com", "100%_sure", "grüße.example", "shop.example.org", ""];
    for text in texts {
        put(store, certificate(fresh(store).await, owner, text)).await;
    }
    put(
        store,
        Write::Put {
            table: &CERTIFICATES,
            item: object(json!({ "id": fresh(store).await, "owner": owner })),
            expect: Expect::Absent,
        },
    )
    .await;
    let query = Query { index: Some("by_owner"), ..Query::of(&CERTIFICATES, owner) };
    settled(store, time, &query, 7).await;
    for (text, matches) in [
        ("shop", 2),
        ("example", 4),
        ("%", 1),
        ("_", 1),
        ("e.e", 1),
        ("üß", 1),
        ("100%_sure", 1),
        ("nothing", 0),
        (":c", 0),
    ] {
        let query = Query { contains: Some(("search", text.into())), ..query.clone() };
        let found = pages(store, query, |_| ()).await;
        assert_eq!(found.len(), matches, "{text}: {found:?}");
    }
    let query = Query { contains: Some(("search", "org".into())), limit: Some(2), ..query };
    let page = store.query(query.clone()).await.unwrap();
    assert!(page.items.is_empty() && page.next.is_some(), "the limit counts what is read");
    assert_eq!(pages(store, query, |_| ()).await.len(), 1);
}

/// `sort_at_most` includes its bound, and goes with order, limit and pages.
pub async fn query_sort_at_most(store: &dyn Store, time: &dyn Time) {
    let open = partition(store).await;
    for touched in [-20, -3, 0, 7, 10, 11] {
        put(store, operation(fresh(store).await, &open, touched)).await;
    }
    settled(store, time, &by_open(&open), 6).await;
    for (bound, expected) in
        [(-21, &[][..]), (-20, &[-20]), (0, &[-20, -3, 0]), (9, &[-20, -3, 0, 7]), (i64::MAX, &[-20, -3, 0, 7, 10, 11])]
    {
        let query = Query { sort_at_most: Some(KeyValue::Number(bound)), ..by_open(&open) };
        assert_eq!(numbers(&store.query(query.clone()).await.unwrap().items, "touched"), expected);
        let paged = Query { limit: Some(1), descending: true, ..query };
        let mut seen = numbers(&pages(store, paged, |_| ()).await, "touched");
        seen.reverse();
        assert_eq!(seen, expected);
    }
}

/// An index carries the keys and what it was declared to carry, and follows every change.
pub async fn index_carries_its_projection(store: &dyn Store, time: &dyn Time) {
    let (id, owner, heir) = (fresh(store).await, fresh(store).await, fresh(store).await);
    let of = |owner: i64| Query { index: Some("by_owner"), ..Query::of(&CERTIFICATES, owner) };
    put(store, certificate(id, owner, "one")).await;
    let items = settled(store, time, &of(owner), 1).await;
    assert_eq!(items, [object(json!({ "id": id, "owner": owner, "search": "one" }))]);

    put(store, certificate(id, heir, "two")).await;
    let items = settled(store, time, &of(heir), 1).await;
    assert_eq!(items, [object(json!({ "id": id, "owner": heir, "search": "two" }))]);
    settled(store, time, &of(owner), 0).await;

    put(store, Write::Delete { table: &CERTIFICATES, key: Key::of(id), expect: Expect::Present }).await;
    settled(store, time, &of(heir), 0).await;
}

/// An item without the index's keys is not in it, and leaves it when it loses them.
pub async fn index_is_sparse(store: &dyn Store, time: &dyn Time) {
    let open = partition(store).await;
    let (listed, unlisted) = (fresh(store).await, fresh(store).await);
    put(store, operation(listed, &open, 1)).await;
    let done = |id| Write::Put { table: &OPERATIONS, item: object(json!({ "id": id, "rev": 2 })), expect: Expect::Any };
    put(store, done(unlisted)).await;
    let items = settled(store, time, &by_open(&open), 1).await;
    assert_eq!(numbers(&items, "id"), [listed]);
    put(store, done(listed)).await;
    settled(store, time, &by_open(&open), 0).await;
    assert!(store.get(&OPERATIONS, Key::of(listed)).await.unwrap().is_some());
}

/// A number that no other run has had.
async fn fresh(store: &dyn Store) -> i64 {
    store.increment(&COUNTERS, Key::of("conformance/id"), COUNT, 1).await.unwrap()
}

/// A text partition that no other run has had.
async fn partition(store: &dyn Store) -> String {
    format!("conformance/{}", fresh(store).await)
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

/// The items of a query, once there are `count` of them.
async fn settled(store: &dyn Store, time: &dyn Time, query: &Query, count: usize) -> Vec<Item> {
    eventually(time, "an index with all its items", async || {
        let page = store.query(query.clone()).await.unwrap();
        (page.items.len() == count).then_some(page.items)
    })
    .await
}

/// Every item of a query, page by page.
async fn pages(store: &dyn Store, mut query: Query, mut look: impl FnMut(&Page)) -> Vec<Item> {
    let mut items = Vec::new();
    let mut tokens: Vec<PageToken> = Vec::new();
    loop {
        let page = store.query(query.clone()).await.unwrap();
        look(&page);
        items.extend(page.items);
        let Some(next) = page.next else { return items };
        assert!(!tokens.contains(&next), "a page token came twice");
        tokens.push(next.clone());
        query.after = Some(next);
    }
}

fn numbers(items: &[Item], attribute: &str) -> Vec<i64> {
    items.iter().map(|item| item[attribute].as_i64().unwrap()).collect()
}

fn row(id: i64, text: &str, rev: u64, expect: Expect) -> Write {
    Write::Put { table: &USERS, item: object(json!({ "id": id, "text": text, "rev": rev })), expect }
}

fn delete(id: i64, expect: Expect) -> Write {
    Write::Delete { table: &USERS, key: Key::of(id), expect }
}

fn certificate(id: i64, owner: i64, search: &str) -> Write {
    let item = object(json!({ "id": id, "owner": owner, "search": search, "chain": "not carried", "rev": 1 }));
    Write::Put { table: &CERTIFICATES, item, expect: Expect::Any }
}

fn operation(id: i64, open: &str, touched: i64) -> Write {
    Write::Put { table: &OPERATIONS, item: operation_item(id, open, touched), expect: Expect::Absent }
}

fn operation_item(id: i64, open: &str, touched: i64) -> Item {
    object(json!({ "id": id, "open": open, "touched": touched }))
}

fn by_open(open: &str) -> Query {
    Query { index: Some("by_open"), ..Query::of(&OPERATIONS, open) }
}

fn object(value: Value) -> Item {
    match value {
        Value::Object(item) => item,
        other => panic!("{other} is no object"),
    }
}
