//! The `Store` port: what DynamoDB really promises, and nothing it does not.

use std::fmt;

use async_trait::async_trait;

/// One stored row: attribute name to JSON value. Numbers are integers; there are no floats in the domain.
pub type Item = serde_json::Map<String, serde_json::Value>;

/// The type of a key attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeKind {
    /// A string.
    Text,
    /// An integer.
    Number,
}

/// A key attribute of a table or an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The attribute's name in the item.
    pub name: &'static str,
    /// The attribute's type.
    pub kind: AttributeKind,
}

impl Attribute {
    /// A string attribute.
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: AttributeKind::Text }
    }

    /// An integer attribute.
    pub const fn number(name: &'static str) -> Self {
        Self { name, kind: AttributeKind::Number }
    }
}

/// Which attributes an index carries beside the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Projection {
    /// The whole item.
    All,
    /// These attributes only: the index stays small enough to read thousands of rows in one call.
    Include(&'static [&'static str]),
}

/// A secondary index. An item without the index's key attributes is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name, unique in its table.
    pub name: &'static str,
    /// Its partition key.
    pub partition: Attribute,
    /// Its sort key.
    pub sort: Attribute,
    /// What it carries.
    pub projection: Projection,
}

/// A table with its keys and indexes, declared beside the entity it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name, without the deployment's prefix.
    pub name: &'static str,
    /// Its partition key.
    pub partition: Attribute,
    /// Its sort key, if it has one.
    pub sort: Option<Attribute>,
    /// Its secondary indexes.
    pub indexes: &'static [Index],
    /// The attribute with the time (Unix seconds) after which an item may be removed.
    pub ttl: Option<&'static str>,
}

/// The value of a key attribute.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyValue {
    /// For [`AttributeKind::Text`]; never empty.
    Text(String),
    /// For [`AttributeKind::Number`].
    Number(i64),
}

impl From<&str> for KeyValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for KeyValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<i64> for KeyValue {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}

/// The primary key of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The value of the table's partition key.
    pub partition: KeyValue,
    /// The value of the table's sort key, where it has one.
    pub sort: Option<KeyValue>,
}

impl Key {
    /// The key of an item in a table without a sort key.
    pub fn of(partition: impl Into<KeyValue>) -> Self {
        Self { partition: partition.into(), sort: None }
    }

    /// The key of an item in a table with a sort key.
    pub fn pair(partition: impl Into<KeyValue>, sort: impl Into<KeyValue>) -> Self {
        Self { partition: partition.into(), sort: Some(sort.into()) }
    }
}

/// What must be true of the stored item for a write to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Anything, or nothing, is there.
    Any,
    /// No item has this key.
    Absent,
    /// An item has this key.
    Present,
    /// The item's `rev` attribute has this value: nobody has written since it was read.
    Rev(u64),
}

/// One write. All the writes of a transaction happen, or none does.
#[derive(Clone, Debug)]
pub enum Write {
    /// Store the whole item, replacing one with the same key.
    Put { table: &'static Table, item: Item, expect: Expect },
    /// Remove the item; removing what is not there succeeds under [`Expect::Any`].
    Delete { table: &'static Table, key: Key, expect: Expect },
    /// Write nothing, and fail the transaction unless the expectation holds.
    Check { table: &'static Table, key: Key, expect: Expect },
    /// Add to the integer attribute (absent counts as 0), making the item if needed. With `at_most`, fail when the
    /// value *before* adding is over `at_most`; adding 0 with `at_most` checks a counter.
    Add { table: &'static Table, key: Key, attribute: &'static str, by: i64, at_most: Option<i64> },
}

/// Where the next page starts. Opaque; valid for the query or the scan that gave it only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken(pub String);

/// A query of one partition of a table or an index.
#[derive(Clone, Debug)]
pub struct Query {
    /// The table.
    pub table: &'static Table,
    /// The index of that table, or the table itself.
    pub index: Option<&'static str>,
    /// The partition to read.
    pub partition: KeyValue,
    /// Only items whose sort key is at most this.
    pub sort_at_most: Option<KeyValue>,
    /// From the highest sort key down.
    pub descending: bool,
    /// Read at most this many items (before `contains` is applied).
    pub limit: Option<u32>,
    /// Go on after an earlier page.
    pub after: Option<PageToken>,
    /// Only items whose text attribute (first) contains the text (second). What is skipped is still read.
    pub contains: Option<(&'static str, String)>,
}

impl Query {
    /// Everything in one partition of `table`, ascending.
    pub fn of(table: &'static Table, partition: impl Into<KeyValue>) -> Self {
        Self {
            table,
            index: None,
            partition: partition.into(),
            sort_at_most: None,
            descending: false,
            limit: None,
            after: None,
            contains: None,
        }
    }
}

/// A page of a query or a scan: at most 1 MB of items were read for it.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The items; those of a query are in the order of the sort key.
    pub items: Vec<Item>,
    /// Where to go on, or `None` when this was the last page.
    pub next: Option<PageToken>,
}

/// Why a store call did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An expectation did not hold; nothing was written. `index` is the write of the transaction it belonged to.
    #[error("the expectation of write {index} did not hold")]
    Unexpected {
        /// Position in the transaction, 0 for a single write.
        index: usize,
    },
    /// Another transaction touched the same items, or the store is throttling: the same call may succeed later.
    #[error("the store is busy: {0}")]
    Busy(String),
    /// The store could not be reached, or gave no answer: it may have done what was asked.
    #[error("the store does not answer: {0}")]
    Unreachable(String),
    /// The store answered what it should not.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// Where entities live: DynamoDB, or the engine embedded in the process.
///
/// Reads of a table see every write that was answered; reads of an index may lag behind on AWS.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// The item with this key.
    async fn get(&self, table: &'static Table, key: Key) -> Result<Option<Item>, StoreError>;

    /// Up to 100 items of any tables in one call, in the order asked for.
    async fn get_many(&self, keys: Vec<(&'static Table, Key)>) -> Result<Vec<Option<Item>>, StoreError>;

    /// One page of a partition.
    async fn query(&self, query: Query) -> Result<Page, StoreError>;

    /// One page of a whole table, in no order. It costs what the table holds: for the export, and for what an
    /// operator asks for; no route may call it.
    async fn scan(&self, table: &'static Table, after: Option<PageToken>) -> Result<Page, StoreError>;

    /// One write.
    async fn write(&self, write: Write) -> Result<(), StoreError>;

    /// Up to 100 writes to different items: all of them, or none.
    async fn transact(&self, writes: Vec<Write>) -> Result<(), StoreError>;

    /// Adds to an integer attribute (absent counts as 0) and gives the new value: no two callers get the same.
    async fn increment(
        &self,
        table: &'static Table,
        key: Key,
        attribute: &'static str,
        by: i64,
    ) -> Result<i64, StoreError>;

    /// Why only what makes room may be written now, in words for who asks for more; `None` while there is room.
    fn out_of_room(&self) -> Option<String> {
        None
    }

    /// Tries whether it can be written.
    async fn probe(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
