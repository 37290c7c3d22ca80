//! The `Store` port on the embedded DynamoDB engine.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{Item, Key, Page, Query, Store, StoreError, Table, Write};
use dynoxide::Database;
use dynoxide::actions::batch_get_item::{BatchGetItemRequest, KeysAndAttributes};
use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::actions::query::QueryRequest;
use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::types::AttributeValue;

use crate::engine::{Engine, refused};
use crate::values::{from_attributes, from_token, key_attribute, key_attributes, key_of, to_token};
use crate::writes::{self, Single};

/// Entities in the embedded database.
#[derive(Clone, Debug)]
pub struct EmbeddedStore {
    engine: Arc<Engine>,
}

impl EmbeddedStore {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    /// Runs a call that the port does not have.
    pub(crate) async fn call<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Database) -> Result<T, StoreError> + Send + 'static,
    {
        self.engine.call(work).await
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn get(&self, table: &'static Table, key: Key) -> Result<Option<Item>, StoreError> {
        let request = GetItemRequest {
            table_name: table.name.to_owned(),
            key: key_attributes(table, key)?,
            consistent_read: Some(true),
            ..GetItemRequest::default()
        };
        self.engine
            .call(move |database| database.get_item(request).map_err(refused)?.item.map(from_attributes).transpose())
            .await
    }

    async fn get_many(&self, keys: Vec<(&'static Table, Key)>) -> Result<Vec<Option<Item>>, StoreError> {
        self.engine.call(move |database| get_many(database, keys)).await
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        let request = query_request(query)?;
        self.engine
            .call(move |database| {
                let response = database.query(request).map_err(refused)?;
                let items = response.items.unwrap_or_default();
                Ok(Page {
                    items: items.into_iter().map(from_attributes).collect::<Result<_, _>>()?,
                    next: response.last_evaluated_key.map(to_token).transpose()?,
                })
            })
            .await
    }

    async fn write(&self, write: Write) -> Result<(), StoreError> {
        let request = writes::single(write)?;
        self.engine
            .call(move |database| {
                match request {
                    Single::Put(request) => database.put_item(request).map(drop),
                    Single::Delete(request) => database.delete_item(request).map(drop),
                    Single::Update(request) => database.update_item(request).map(drop),
                    Single::Check(action) => database
                        .transact_write_items(TransactWriteItemsRequest {
                            transact_items: vec![*action],
                            ..TransactWriteItemsRequest::default()
                        })
                        .map(drop),
                }
                .map_err(refused)
            })
            .await
    }

    async fn transact(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        let transact_items = writes.into_iter().map(writes::transactional).collect::<Result<_, _>>()?;
        let request = TransactWriteItemsRequest { transact_items, ..TransactWriteItemsRequest::default() };
        self.engine.call(move |database| database.transact_write_items(request).map(drop).map_err(refused)).await
    }

    async fn increment(
        &self,
        table: &'static Table,
        key: Key,
        attribute: &'static str,
        by: i64,
    ) -> Result<i64, StoreError> {
        let request = writes::increment(table, key, attribute, by)?;
        let attributes =
            self.engine.call(move |database| Ok(database.update_item(request).map_err(refused)?.attributes)).await?;
        attributes
            .map(from_attributes)
            .transpose()?
            .as_ref()
            .and_then(|item| item.get(attribute))
            .and_then(serde_json::Value::as_i64)
            .ok_or_else(|| StoreError::Failed(format!("adding to {attribute} gave no new value")))
    }
}

/// DynamoDB gives the items of a batch in no order, wants each key once, and may leave some for another call.
fn get_many(database: &Database, keys: Vec<(&'static Table, Key)>) -> Result<Vec<Option<Item>>, StoreError> {
    let mut tables: HashMap<&str, &Table> = HashMap::new();
    let mut request_items: HashMap<String, KeysAndAttributes> = HashMap::new();
    let mut asked = HashSet::new();
    for (table, key) in &keys {
        tables.insert(table.name, table);
        if asked.insert((table.name, key.clone())) {
            let wanted = request_items
                .entry(table.name.to_owned())
                .or_insert_with(|| KeysAndAttributes { consistent_read: Some(true), ..KeysAndAttributes::default() });
            wanted.keys.push(key_attributes(table, key.clone())?);
        }
    }
    let mut found: HashMap<(&str, Key), Item> = HashMap::new();
    while !request_items.is_empty() {
        let request = BatchGetItemRequest { request_items, return_consumed_capacity: None };
        let response = database.batch_get_item(request).map_err(refused)?;
        for (name, items) in response.responses {
            let Some(table) = tables.get(name.as_str()) else { continue };
            for attributes in items {
                let item = from_attributes(attributes)?;
                found.insert((table.name, key_of(table, &item)?), item);
            }
        }
        request_items = response
            .unprocessed_keys
            .into_iter()
            .map(|(name, rest)| Ok((name, serde_json::from_value(rest)?)))
            .collect::<Result<_, serde_json::Error>>()
            .map_err(|error| StoreError::Failed(format!("the rest of a batch cannot be read: {error}")))?;
    }
    Ok(keys.into_iter().map(|(table, key)| found.get(&(table.name, key)).cloned()).collect())
}

fn query_request(query: Query) -> Result<QueryRequest, StoreError> {
    let table = query.table;
    let (partition, sort) = match query.index {
        None => (table.partition, table.sort),
        Some(name) => {
            let index = table.indexes.iter().find(|index| index.name == name);
            let index = index.ok_or_else(|| StoreError::Failed(format!("{} has no index {name}", table.name)))?;
            (index.partition, Some(index.sort))
        }
    };
    let mut condition = "#p = :p".to_owned();
    let mut names = HashMap::from([("#p".to_owned(), partition.name.to_owned())]);
    let mut values = HashMap::from([(":p".to_owned(), key_attribute(query.partition))]);
    if let Some(bound) = query.sort_at_most {
        let sort = sort.ok_or_else(|| StoreError::Failed(format!("{} has no sort key", table.name)))?;
        condition.push_str(" AND #s <= :s");
        names.insert("#s".into(), sort.name.to_owned());
        values.insert(":s".into(), key_attribute(bound));
    }
    let filter = query.contains.map(|(attribute, text)| {
        names.insert("#c".into(), attribute.to_owned());
        values.insert(":c".into(), AttributeValue::S(text));
        "contains(#c, :c)".to_owned()
    });
    Ok(QueryRequest {
        table_name: table.name.to_owned(),
        index_name: query.index.map(str::to_owned),
        key_condition_expression: Some(condition),
        filter_expression: filter,
        expression_attribute_names: Some(names),
        expression_attribute_values: Some(values),
        scan_index_forward: !query.descending,
        limit: query.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
        exclusive_start_key: query.after.as_ref().map(from_token).transpose()?,
        consistent_read: Some(query.index.is_none()),
        ..QueryRequest::default()
    })
}
