use std::path::Path;

use domain::Context;
use domain::operations::OPERATIONS;
use domain::ports::{Item, Table};

use super::reading::Exported;
use super::rows::{self, Difference};
use super::{Manifest, TransferError, secrets, work};

/// Reads everything from a directory that [`super::export`] wrote, checks it whole, writes it, and compares.
///
/// Refuses a target that holds anything, and an export of a newer Steward. One that was cut off is begun again with
/// `go_on`: what is there must then be part of this very export.
pub async fn import(ctx: &Context, directory: &Path, go_on: bool) -> Result<Manifest, TransferError> {
    let Exported { manifest, tables, secrets, schedules, jobs } = Exported::read(directory)?;
    let mut missing = Vec::new();
    for (table, rows) in &tables {
        let Difference { missing: rows, own, foreign } = rows::compare(ctx, table, rows).await?;
        if foreign > 0 || (own > 0 && !go_on) {
            return Err(TransferError::not_empty(&format!("the table {} holds a row", table.name), go_on));
        }
        missing.push((*table, rows));
    }
    let there = secrets::there(ctx, &secrets, go_on).await?;

    // A deployment on AWS is awake: its sweep has every open operation worked on. What sets work going comes after
    // everything that the work needs, and open operations after that: what a cut leaves out then, the sweep makes up for.
    secrets::write(ctx, secrets, &there).await?;
    let mut open = Vec::new();
    for (table, rows) in missing {
        let (last, rows) = rows.into_iter().partition::<Vec<_>, _>(|row| is_open(table, row));
        rows::write(ctx, table, &rows).await?;
        open.extend((!last.is_empty()).then_some((table, last)));
    }
    for (table, rows) in &tables {
        let missing = rows::compare(ctx, table, rows).await?.missing;
        if missing.iter().any(|row| !is_open(table, row)) {
            return Err(TransferError::Changed(table.name));
        }
    }
    for (table, rows) in open {
        rows::write(ctx, table, &rows).await?;
    }
    // A job that is done changes rows, which --continue would take for somebody else's.
    work::set(ctx, schedules).await?;
    work::send(ctx, jobs).await?;
    Ok(manifest)
}

/// Whether it is an operation that somebody has to go on with.
fn is_open(table: &Table, row: &Item) -> bool {
    table.name == OPERATIONS.name && row.contains_key("open")
}
