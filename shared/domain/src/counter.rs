//! Counters: ids, totals and limits (DESIGN §7).

use crate::error::Result;
use crate::ports::{Attribute, Key, Store, Table, Write};

/// Counters by name, e.g. `id/certificate` or `certificates/12`.
pub static COUNTERS: Table =
    Table { name: "counters", partition: Attribute::text("name"), sort: None, indexes: &[], ttl: None };

/// The attribute that holds the count.
pub const COUNT: &str = "n";

/// The key of a counter.
pub fn key(name: &str) -> Key {
    Key::of(name)
}

/// The next id of an entity.
pub async fn next_id(store: &dyn Store, entity: &str) -> Result<i64> {
    Ok(store.increment(&COUNTERS, key(&format!("id/{entity}")), COUNT, 1).await?)
}

/// A write that adds to a counter.
pub fn add(name: &str, by: i64) -> Write {
    Write::Add { table: &COUNTERS, key: key(name), attribute: COUNT, by, at_most: None }
}

/// A write that adds one, and fails when that would bring the counter over `limit`.
pub fn add_one_up_to(name: &str, limit: i64) -> Write {
    Write::Add { table: &COUNTERS, key: key(name), attribute: COUNT, by: 1, at_most: Some(limit - 1) }
}

/// A write that changes nothing, and fails when the counter is over 0.
pub fn check_zero(name: &str) -> Write {
    Write::Add { table: &COUNTERS, key: key(name), attribute: COUNT, by: 0, at_most: Some(0) }
}

/// The count in an item of [`COUNTERS`], 0 when there is none.
pub fn value(item: Option<&crate::ports::Item>) -> u64 {
    item.and_then(|item| item.get(COUNT)).and_then(serde_json::Value::as_u64).unwrap_or(0)
}
