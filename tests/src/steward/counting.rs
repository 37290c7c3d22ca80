use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use domain::ports::{Item, Key, Page, PageToken, Query, Store, StoreError, Table, Write};

/// A store that remembers what it was asked, for tests that count.
#[derive(Debug)]
pub struct CountingStore {
    inner: Arc<dyn Store>,
    calls: Mutex<Vec<String>>,
}

impl CountingStore {
    /// Counts the calls to `inner`.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, calls: Mutex::new(Vec::new()) }
    }

    /// The calls since the last time, each as `verb table`.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    fn count(&self, verb: &str, tables: impl IntoIterator<Item = &'static str>) {
        let mut tables: Vec<_> = tables.into_iter().collect();
        tables.dedup();
        self.calls.lock().unwrap().push(format!("{verb} {}", tables.join("+")));
    }
}

fn table_of(write: &Write) -> &'static str {
    match write {
        Write::Put { table, .. }
        | Write::Delete { table, .. }
        | Write::Check { table, .. }
        | Write::Add { table, .. } => table.name,
    }
}

#[async_trait]
impl Store for CountingStore {
    async fn get(&self, table: &'static Table, key: Key) -> Result<Option<Item>, StoreError> {
        self.count("get", [table.name]);
        self.inner.get(table, key).await
    }

    async fn get_many(&self, keys: Vec<(&'static Table, Key)>) -> Result<Vec<Option<Item>>, StoreError> {
        self.count("get_many", keys.iter().map(|(table, _)| table.name));
        self.inner.get_many(keys).await
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        self.count("query", [query.table.name]);
        self.inner.query(query).await
    }

    async fn scan(&self, table: &'static Table, after: Option<PageToken>) -> Result<Page, StoreError> {
        self.count("scan", [table.name]);
        self.inner.scan(table, after).await
    }

    async fn write(&self, write: Write) -> Result<(), StoreError> {
        self.count("write", [table_of(&write)]);
        self.inner.write(write).await
    }

    async fn transact(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.count("transact", writes.iter().map(table_of));
        self.inner.transact(writes).await
    }

    async fn increment(
        &self,
        table: &'static Table,
        key: Key,
        attribute: &'static str,
        by: i64,
    ) -> Result<i64, StoreError> {
        self.count("increment", [table.name]);
        self.inner.increment(table, key, attribute, by).await
    }

    fn out_of_room(&self) -> Option<String> {
        self.inner.out_of_room()
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.inner.probe().await
    }
}
