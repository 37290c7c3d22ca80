//! The `Store` port on the embedded DynamoDB engine.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{Expect, Item, Key, Page, PageToken, Query, Store, StoreError, Table, Write};
use dynamo::{collect, distinct, from_attributes, from_token, key_attributes, to_token};
use dynoxide::actions::batch_get_item::{BatchGetItemRequest, KeysAndAttributes};
use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::actions::query::{QueryRequest, QueryResponse};
use dynoxide::actions::scan::ScanRequest;
use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;

use crate::engine::Engine;
use crate::queue::MESSAGES;
use crate::values::Dynoxide;
use crate::writes::{self, Single};

/// The most rows read in one turn of the database: a long query lets other callers in between its turns. The engine
/// also loads every row it may before it counts them up to 1 MB, so that an unbounded turn would load a whole partition.
const ROWS_IN_A_TURN: usize = 2_048;

/// Entities in the embedded database.
#[derive(Clone, Debug)]
pub struct EmbeddedStore {
    engine: Arc<Engine>,
}

impl EmbeddedStore {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    /// Whether only what makes room may be written.
    pub(crate) fn is_short(&self) -> bool {
        self.engine.room().is_short()
    }

    /// Looks now and then whether a disk that was full has room again.
    pub(crate) async fn look_for_room(&self) {
        if self.engine.room().is_to_be_looked_at() {
            let engine = Arc::clone(&self.engine);
            let _ = tokio::task::spawn_blocking(move || engine.look_for_room()).await;
        }
    }

    /// Removes the items whose time to live is over; gives how many.
    pub(crate) async fn remove_expired(&self) -> Result<usize, StoreError> {
        self.engine.call(dynoxide::Database::sweep_ttl, Ok).await
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn get(&self, table: &'static Table, key: Key) -> Result<Option<Item>, StoreError> {
        let request = GetItemRequest {
            table_name: table.name.to_owned(),
            key: key_attributes::<Dynoxide>(table, key)?,
            consistent_read: Some(true),
            ..GetItemRequest::default()
        };
        self.engine
            .call(
                |database| database.get_item(request),
                |response| response.item.map(from_attributes::<Dynoxide>).transpose(),
            )
            .await
    }

    async fn get_many(&self, keys: Vec<(&'static Table, Key)>) -> Result<Vec<Option<Item>>, StoreError> {
        let mut rest = batch(&keys)?;
        let mut found = HashMap::new();
        while !rest.is_empty() {
            let request = BatchGetItemRequest { request_items: rest, return_consumed_capacity: None };
            let response = self.engine.call(|database| database.batch_get_item(request), Ok).await?;
            rest = unprocessed(response.unprocessed_keys)?;
            collect::<Dynoxide>(&keys, name, response.responses, &mut found)?;
        }
        Ok(keys.into_iter().map(|(table, key)| found.get(&(table.name, key)).cloned()).collect())
    }

    async fn query(&self, mut query: Query) -> Result<Page, StoreError> {
        let mut page = Page::default();
        let mut left = query.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let mut megabytes = 0.0;
        loop {
            let rows = left.min(ROWS_IN_A_TURN);
            let request = query_request(&query, rows)?;
            let part = self.engine.call(|database| database.query(request), Part::of).await?;
            page.items.extend(part.items);
            page.next = part.next;
            left -= part.read.min(left);
            // Another turn reads about as much again, and may not bring the page over 1 MB.
            let part_megabytes = part.units / units_of_a_megabyte(&query);
            megabytes += part_megabytes;
            if page.next.is_none() || left == 0 || part.read < rows || megabytes + part_megabytes > 1.0 {
                return Ok(page);
            }
            query.after.clone_from(&page.next);
        }
    }

    async fn scan(&self, table: &'static Table, after: Option<PageToken>) -> Result<Page, StoreError> {
        let request = ScanRequest {
            table_name: table.name.to_owned(),
            limit: Some(ROWS_IN_A_TURN),
            exclusive_start_key: after.as_ref().map(from_token::<Dynoxide>).transpose()?,
            consistent_read: Some(true),
            ..ScanRequest::default()
        };
        self.engine
            .call(
                |database| database.scan(request),
                |response| {
                    let items = response.items.unwrap_or_default().into_iter().map(from_attributes::<Dynoxide>);
                    Ok(Page {
                        items: items.collect::<Result<_, _>>()?,
                        next: response.last_evaluated_key.map(to_token::<Dynoxide>).transpose()?,
                    })
                },
            )
            .await
    }

    async fn write(&self, write: Write) -> Result<(), StoreError> {
        let request = writes::single(write)?;
        self.engine
            .call(
                |database| match request {
                    Single::Put(request) => database.put_item(request).map(drop),
                    Single::Delete(request) => database.delete_item(request).map(drop),
                    Single::Update(request) => database.update_item(request).map(drop),
                    Single::Check(action) => database
                        .transact_write_items(TransactWriteItemsRequest {
                            transact_items: vec![*action],
                            ..TransactWriteItemsRequest::default()
                        })
                        .map(drop),
                },
                Ok,
            )
            .await
    }

    async fn transact(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        let transact_items = writes.into_iter().map(writes::transactional).collect::<Result<_, _>>()?;
        let request = TransactWriteItemsRequest { transact_items, ..TransactWriteItemsRequest::default() };
        self.engine.call(|database| database.transact_write_items(request).map(drop), Ok).await
    }

    async fn increment(
        &self,
        table: &'static Table,
        key: Key,
        attribute: &'static str,
        by: i64,
    ) -> Result<i64, StoreError> {
        let request = writes::increment(table, key, attribute, by)?;
        let response = self.engine.call(|database| database.update_item(request), Ok).await?;
        let item = response.attributes.map(from_attributes::<Dynoxide>).transpose()?.unwrap_or_default();
        let value = item.get(attribute).and_then(serde_json::Value::as_i64);
        value.ok_or_else(|| StoreError::Failed(format!("adding to {attribute} gave no new value")))
    }

    fn out_of_room(&self) -> Option<String> {
        let reason = "the disk of Steward is full: nothing is taken on until an administrator has made room, by \
                      POST /api/audit/purge or on the disk";
        self.is_short().then(|| reason.to_owned())
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.look_for_room().await;
        if !self.engine.room().is_to_be_probed() {
            return Ok(());
        }
        // A row of a table that every deployment has; no reader of the table sees it.
        let item = Item::from_iter([("id".into(), "probe".into())]);
        self.write(Write::Put { table: &MESSAGES, item, expect: Expect::Any }).await
    }
}

/// What one turn of a query gave.
struct Part {
    items: Vec<Item>,
    next: Option<PageToken>,
    /// Rows read, passed over or not.
    read: usize,
    /// Read capacity units taken: the size of those rows.
    units: f64,
}

impl Part {
    fn of(response: QueryResponse) -> Result<Self, StoreError> {
        Ok(Self {
            items: response
                .items
                .unwrap_or_default()
                .into_iter()
                .map(from_attributes::<Dynoxide>)
                .collect::<Result<_, _>>()?,
            next: response.last_evaluated_key.map(to_token::<Dynoxide>).transpose()?,
            read: response.scanned_count,
            units: response.consumed_capacity.map_or(0.0, |capacity| capacity.capacity_units),
        })
    }
}

/// A unit is 4 KB of a consistent read, and 8 KB of one that is not.
fn units_of_a_megabyte(query: &Query) -> f64 {
    if query.index.is_none() { 256.0 } else { 128.0 }
}

fn batch(keys: &[(&'static Table, Key)]) -> Result<HashMap<String, KeysAndAttributes>, StoreError> {
    let wanted = |keys| KeysAndAttributes { keys, consistent_read: Some(true), ..KeysAndAttributes::default() };
    Ok(distinct::<Dynoxide>(keys, name)?.into_iter().map(|(name, keys)| (name, wanted(keys))).collect())
}

fn name(table: &Table) -> String {
    table.name.to_owned()
}

/// What did not fit into the answer of a batch.
fn unprocessed(rest: HashMap<String, serde_json::Value>) -> Result<HashMap<String, KeysAndAttributes>, StoreError> {
    rest.into_iter()
        .map(|(name, keys)| Ok((name, serde_json::from_value(keys)?)))
        .collect::<Result<_, serde_json::Error>>()
        .map_err(|error| StoreError::Failed(format!("the rest of a batch cannot be read: {error}")))
}

fn query_request(query: &Query, rows: usize) -> Result<QueryRequest, StoreError> {
    let read = dynamo::reading::<Dynoxide>(query)?;
    Ok(QueryRequest {
        table_name: query.table.name.to_owned(),
        index_name: query.index.map(str::to_owned),
        key_condition_expression: Some(read.condition),
        filter_expression: read.filter,
        expression_attribute_names: Some(read.names),
        expression_attribute_values: Some(read.values),
        scan_index_forward: !query.descending,
        limit: Some(rows),
        exclusive_start_key: query.after.as_ref().map(from_token::<Dynoxide>).transpose()?,
        consistent_read: Some(query.index.is_none()),
        return_consumed_capacity: Some("TOTAL".into()),
        ..QueryRequest::default()
    })
}
