use std::sync::Arc;

use domain::conformance::store;
use domain::counter::{COUNT, COUNTERS};
use domain::ports::{Expect, Item, Key, Store, StoreError, Write};
use domain::users::USERS;
use serde_json::json;
use system_tests::aws::Emulator;
use system_tests::peers::Port;

use super::Real;

/// Parts of the suite, each in an emulator of its own: they take a second a dozen calls.
macro_rules! suite {
    ($($part:ident { $($name:ident($($argument:ident),*)),+ $(,)? })+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $part() {
            let Some(emulator) = Emulator::start().await else { return };
            #[allow(unused_variables)]
            let (shared, time): (Arc<dyn Store>, _) = (emulator.aws().store(), Real);
            $(store::$name($(suite!(@ $argument shared time)),*).await;)+
        }
    )+};
    (@ store $shared:ident $time:ident) => { $shared.as_ref() };
    (@ shared $shared:ident $time:ident) => { Arc::clone(&$shared) };
    (@ time $shared:ident $time:ident) => { &$time };
}

suite! {
    the_suite_of_writes_passes {
        round_trip(store),
        refuses_floats(store),
        lost_update(store),
        expectations(store),
        transaction_is_all_or_nothing(store),
        transaction_names_the_first_refusal(store),
        add_is_bounded(store),
    }
    the_suite_of_counters_passes {
        increments_are_distinct(shared),
        bounded_adds_never_exceed(shared),
    }
    the_suite_of_reads_passes {
        get_many(store),
        scan_reads_everything(store),
    }
    the_suite_of_pages_passes {
        query_orders_and_limits(store, time),
        query_pages(store, time),
        query_pages_at_one_megabyte(store, time),
        query_pages_through_equal_sort_keys(store, time),
    }
    the_suite_of_queries_passes {
        query_contains(store, time),
        query_sort_at_most(store, time),
        index_carries_its_projection(store, time),
        index_is_sparse(store, time),
    }
}

/// A missing table and a wrong key are errors that say which.
#[tokio::test]
async fn what_is_not_there_is_an_error() {
    let Some(emulator) = Emulator::start().await else { return };
    let mut settings = emulator.settings();
    settings.stack = "steward-nowhere".into();
    let nowhere = aws::Aws::new(settings, Arc::new(system::SystemEntropy)).unwrap().store();
    let error = nowhere.get(&USERS, Key::of(1)).await.unwrap_err();
    assert!(matches!(&error, StoreError::Failed(words) if words.contains("ResourceNotFound")), "{error}");
    let store = emulator.aws().store();
    assert!(matches!(store.get(&USERS, Key::pair(1, 2)).await, Err(StoreError::Failed(_))));
    assert!(matches!(store.get(&USERS, Key::of("text")).await, Err(StoreError::Failed(_))));
    let keys = (0..101).map(|id| (&USERS, Key::of(id))).collect();
    assert!(matches!(store.get_many(keys).await, Err(StoreError::Failed(_))));
}

/// Whoever asks is told to come again, not that Steward is broken.
#[tokio::test]
async fn a_store_that_is_away_does_not_answer() {
    let Some(emulator) = Emulator::start().await else { return };
    let mut settings = emulator.settings();
    settings.endpoint = Some(format!("http://{}", Port::claim().address()));
    let away = aws::Aws::new(settings, Arc::new(system::SystemEntropy)).unwrap().store();
    let error = away.get(&USERS, Key::of(1)).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unreachable(words) if words.contains("refused")), "{error}");
    assert!(matches!(domain::Error::from(error), domain::Error::Unavailable(_)));
}

/// Eight writers of one counter, each in transactions: conflicts are tried again, and none is lost or done twice.
#[tokio::test(flavor = "multi_thread")]
async fn transactions_on_one_item_all_happen() {
    let Some(emulator) = Emulator::start().await else { return };
    let store = emulator.aws().store();
    let writers = (0..8).map(|id| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let item: Item = json!({"id": id, "rev": 1}).as_object().unwrap().clone();
            let add = Write::Add { table: &COUNTERS, key: Key::of("all"), attribute: COUNT, by: 1, at_most: None };
            let writes = vec![Write::Put { table: &USERS, item, expect: Expect::Absent }, add];
            store.transact(writes).await
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap().unwrap();
    }
    assert_eq!(store.get(&COUNTERS, Key::of("all")).await.unwrap().unwrap()[COUNT], 8);
}
