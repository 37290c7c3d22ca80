//! The embedded store passes the suite of the port, and keeps what it answered.

mod support;

use std::sync::Arc;

use domain::conformance::store;
use domain::ports::{Attribute, Expect, Key, Store, StoreError, Table, Write};
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
