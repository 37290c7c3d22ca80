//! The rows of a table, between a store and the lines of a file.

use std::collections::HashSet;
use std::time::Duration;

use domain::Context;
use domain::ports::{Expect, Item, Page, PageToken, Store, StoreError, Table, Write};
use serde_json::Value;

use super::TransferError;
use super::progress::Progress;

/// Rows written at once: a transaction holds 4 MB, and a row at most 400 KB.
const ROWS_AT_ONCE: usize = 10;

/// How often a call is made that the store is too busy for or does not answer, and the pause between two. A new table
/// of DynamoDB takes a while to grow to what an import asks of it.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_secs(1);

/// Every row of a table that is not over, as a line.
pub(super) async fn lines(ctx: &Context, table: &'static Table) -> Result<Vec<String>, TransferError> {
    let mut progress = Progress::of(table.name, None);
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let page = page(ctx.store.as_ref(), table, after).await?;
        progress.add(page.items.len());
        lines.extend(page.items.into_iter().filter(|item| !is_over(ctx, table, item)).map(line));
        after = page.next;
        if after.is_none() {
            progress.end();
            return Ok(lines);
        }
    }
}

/// How a table differs from what it should hold.
pub(super) struct Difference {
    /// Rows that should be there, and are not.
    pub missing: Vec<Item>,
    /// How many are there that should be.
    pub own: usize,
    /// How many are there that should not.
    pub foreign: usize,
}

/// Compares a table with what it should hold. The rows that are over count on neither side: a store removes them when
/// it likes.
pub(super) async fn compare(
    ctx: &Context,
    table: &'static Table,
    wanted: &[Item],
) -> Result<Difference, TransferError> {
    let mut progress = Progress::of(&format!("{} (comparing)", table.name), None);
    let lines: HashSet<String> = wanted.iter().cloned().map(line).collect();
    let (mut there, mut foreign, mut after) = (HashSet::new(), 0, None);
    loop {
        let page = page(ctx.store.as_ref(), table, after).await?;
        progress.add(page.items.len());
        for item in page.items.into_iter().filter(|item| !is_over(ctx, table, item)) {
            match lines.get(&line(item)) {
                Some(line) => drop(there.insert(line)),
                None => foreign += 1,
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    progress.end();
    let missing = |item: &&Item| !is_over(ctx, table, item) && !there.contains(&line((*item).clone()));
    Ok(Difference { missing: wanted.iter().filter(missing).cloned().collect(), own: there.len(), foreign })
}

/// Writes rows over what may be there.
pub(super) async fn write(ctx: &Context, table: &'static Table, rows: &[Item]) -> Result<(), TransferError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut progress = Progress::of(table.name, Some(rows.len()));
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let put = |item: &Item| Write::Put { table, item: item.clone(), expect: Expect::Any };
        patiently(|| ctx.store.transact(rows.iter().map(put).collect())).await?;
        progress.add(rows.len());
    }
    progress.end();
    Ok(())
}

async fn page(store: &dyn Store, table: &'static Table, after: Option<PageToken>) -> Result<Page, TransferError> {
    patiently(|| store.scan(table, after.clone())).await
}

/// Only for what may be done twice: reading, and writing over whatever is there.
async fn patiently<T, C>(mut call: impl FnMut() -> C) -> Result<T, TransferError>
where
    C: Future<Output = Result<T, StoreError>>,
{
    let mut tried = 1;
    loop {
        match call().await {
            Err(error @ (StoreError::Busy(_) | StoreError::Unreachable(_))) if tried < TRIES => {
                tracing::warn!("{error}; trying again");
                tokio::time::sleep(PAUSE).await;
                tried += 1;
            }
            result => return result.map_err(|error| TransferError::Port(error.into())),
        }
    }
}

/// Whether the time to live of a row is over: nobody counts on it any more.
fn is_over(ctx: &Context, table: &Table, item: &Item) -> bool {
    let until = table.ttl.and_then(|attribute| item.get(attribute)?.as_i64());
    until.is_some_and(|until| until <= ctx.clock.now().as_second())
}

fn line(item: Item) -> String {
    Value::from(item).to_string()
}
