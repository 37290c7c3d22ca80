//! The embedded store passes the suite of the port, and keeps what it answered.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::Arc;

use domain::certificates::CERTIFICATES;
use domain::conformance::store;
use domain::ports::{Attribute, Expect, Key, Query, Store, StoreError, Table, Write};
use domain::users::USERS;
use serde_json::json;
use support::{System, directory, open};

macro_rules! suite {
    ($($name:ident($($argument:ident),*)),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let (_parent, data) = directory();
            let embedded = open(&data);
            #[allow(unused_variables)]
            let (shared, time): (Arc<dyn Store>, _) = (embedded.store(), System);
            store::$name($(suite!(@ $argument shared time)),*).await;
        }
    )+};
    (@ store $shared:ident $time:ident) => { $shared.as_ref() };
    (@ shared $shared:ident $time:ident) => { $shared };
    (@ time $shared:ident $time:ident) => { &$time };
}

suite! {
    round_trip(store),
    refuses_floats(store),
    lost_update(store),
    expectations(store),
    transaction_is_all_or_nothing(store),
    transaction_names_the_first_refusal(store),
    add_is_bounded(store),
    increments_are_distinct(shared),
    bounded_adds_never_exceed(shared),
    get_many(store),
    query_orders_and_limits(store, time),
    query_pages(store, time),
    query_pages_at_one_megabyte(store, time),
    query_pages_through_equal_sort_keys(store, time),
    query_contains(store, time),
    query_sort_at_most(store, time),
    index_carries_its_projection(store, time),
    index_is_sparse(store, time),
    scan_reads_everything(store),
}

#[tokio::test(flavor = "multi_thread")]
async fn the_suite_passes_twice_in_one_place() {
    let (_parent, data) = directory();
    for _ in 0..2 {
        store::all(open(&data).store(), &System).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_there_after_reopening() {
    let (_parent, data) = directory();
    let item = json!({ "id": 1, "listing": "user", "search": "ada", "rev": 1 }).as_object().unwrap().clone();
    open(&data).store().write(Write::Put { table: &USERS, item: item.clone(), expect: Expect::Absent }).await.unwrap();
    let reopened = open(&data);
    assert_eq!(reopened.store().get(&USERS, Key::of(1)).await.unwrap(), Some(item));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_nobody_declared_is_an_error() {
    static STRANGE: Table =
        Table { name: "strange", partition: Attribute::text("id"), sort: None, indexes: &[], ttl: None };
    let (_parent, data) = directory();
    let store = open(&data).store();
    let result = store.get(&STRANGE, Key::of("x")).await;
    assert!(matches!(result, Err(StoreError::Failed(_))), "{result:?}");
    let result = store.get(&USERS, Key::pair(1, 2)).await;
    assert!(matches!(result, Err(StoreError::Failed(_))), "{result:?}");
}

/// Two thousand rows are read in one turn of the database; a page goes on over turns, up to 1 MB.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_small_rows_takes_several_turns() {
    let (_parent, data) = directory();
    let store = open(&data).store();
    fill(store.as_ref(), 1, 5000, "").await;
    let query = Query { index: Some("by_owner"), ..Query::of(&CERTIFICATES, 1) };
    let page = store.query(query.clone()).await.unwrap();
    assert_eq!((page.items.len(), page.next), (5000, None));
    for (limit, read) in [(2048, 2048), (2049, 2049), (4999, 4999), (5000, 5000), (6000, 5000)] {
        let page = store.query(Query { limit: Some(limit), descending: true, ..query.clone() }).await.unwrap();
        assert_eq!(page.items.len(), read);
        assert_eq!(page.items[read - 1]["id"], 5001 - read);
        assert_eq!(page.next.is_some(), limit <= 5000, "limit {limit}");
    }
    let found = store.query(Query { contains: Some(("search", "row 4999".into())), ..query }).await.unwrap();
    assert_eq!((found.items.len(), found.next), (1, None));

    fill(store.as_ref(), 2, 12_000, &"x".repeat(150)).await;
    let mut query = Query { index: Some("by_owner"), ..Query::of(&CERTIFICATES, 2) };
    let mut ids = Vec::new();
    let mut pages = 0;
    loop {
        let page = store.query(query.clone()).await.unwrap();
        // An entry is about 180 bytes.
        assert!(page.items.len() < 6500, "{} items are more than 1 MB", page.items.len());
        ids.extend(page.items.iter().map(|item| item["id"].as_i64().unwrap()));
        pages += 1;
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    assert_eq!(ids, (1_000_001..=1_012_000).collect::<Vec<_>>());
    assert!((3..=4).contains(&pages), "{pages} pages");
}

async fn fill(store: &dyn Store, owner: i64, count: i64, padding: &str) {
    let base = (owner - 1) * 1_000_000;
    let ids: Vec<_> = (base + 1..=base + count).collect();
    for ids in ids.chunks(100) {
        let put = |id: &i64| {
            let item = json!({ "id": id, "owner": owner, "search": format!("row {id}{padding}") });
            Write::Put { table: &CERTIFICATES, item: item.as_object().unwrap().clone(), expect: Expect::Absent }
        };
        store.transact(ids.iter().map(put).collect()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_past_its_time_to_live_is_removed_and_others_stay() {
    let (_parent, data) = directory();
    let embedded = open(&data);
    let store = embedded.store();
    let item = |who: &str, expires_at: i64| {
        let item = json!({"who": who, "expires_at": expires_at}).as_object().unwrap().clone();
        Write::Put { table: &domain::users::LOGIN_FAILURES, item, expect: Expect::Any }
    };
    store.write(item("past", 1)).await.unwrap();
    store.write(item("future", 32_503_680_000)).await.unwrap();
    let scheduler = embedded.scheduler();
    let running = tokio::spawn(async move { scheduler.run().await });
    let get = async |who: &str| store.get(&domain::users::LOGIN_FAILURES, Key::of(who)).await.unwrap();
    for _ in 0..100 {
        if get("past").await.is_none() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(get("past").await.is_none() && get("future").await.is_some());
    running.abort();
}
