//! What every [`Store`] must do with queries and indexes.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::{Time, eventually};
use super::{fresh, object, put};
use crate::audit::AUDIT;
use crate::certificates::CERTIFICATES;
use crate::operations::OPERATIONS;
use crate::ports::{Expect, Item, Key, KeyValue, Page, PageToken, Query, Store, Write};

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
    for id in ["b", "a\u{0}", "ä", "a", "B"] {
        let item = object(json!({ "trail": trail, "id": id }));
        put(store, Write::Put { table: &AUDIT, item, expect: Expect::Absent }).await;
    }
    let items = settled(store, time, &Query::of(&AUDIT, trail.as_str()), 5).await;
    let ids: Vec<_> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["B", "a", "a\u{0}", "b", "ä"], "text is in the order of its bytes");
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

/// A text partition that no other run has had.
async fn partition(store: &dyn Store) -> String {
    format!("conformance/{}", fresh(store).await)
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
