use std::collections::{HashMap, HashSet};

use domain::ports::{Item, Key, StoreError, Table};

use crate::keys::{key_attributes, key_of};
use crate::values::{Attributes, Dialect, from_attributes};

/// The keys of a batch by the name of their table, each once: DynamoDB refuses repeats.
pub fn distinct<D: Dialect>(
    keys: &[(&'static Table, Key)],
    name: impl Fn(&Table) -> String,
) -> Result<HashMap<String, Vec<Attributes<D>>>, StoreError> {
    let mut batch: HashMap<String, Vec<Attributes<D>>> = HashMap::new();
    let mut asked = HashSet::new();
    for (table, key) in keys {
        if asked.insert((table.name, key)) {
            batch.entry(name(table)).or_default().push(key_attributes::<D>(table, key.clone())?);
        }
    }
    Ok(batch)
}

/// Puts the items of an answer, which come in no order, where they are found by key.
pub fn collect<D: Dialect>(
    keys: &[(&'static Table, Key)],
    name: impl Fn(&Table) -> String,
    responses: HashMap<String, Vec<Attributes<D>>>,
    found: &mut HashMap<(&'static str, Key), Item>,
) -> Result<(), StoreError> {
    for (table_name, items) in responses {
        let Some((table, _)) = keys.iter().find(|(table, _)| name(table) == table_name) else { continue };
        for attributes in items {
            let item = from_attributes::<D>(attributes)?;
            found.insert((table.name, key_of(table, &item)?), item);
        }
    }
    Ok(())
}
