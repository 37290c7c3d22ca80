use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use domain::jobs::Job;
use domain::ports::{Expect, Item, QueueName, SecretName, Table, Write};
use domain::{Context, Error, tables};
use secrecy::SecretString;

use super::export::{Secret, Waiting};
use super::manifest::{FORMAT, read_lines};
use super::progress::bar;
use super::{Manifest, TransferError};

/// Rows written at once: a transaction holds 4 MB, and a row at most 400 KB.
const ROWS_AT_ONCE: usize = 10;

/// A new deployment may have made this secret before anything was in it; the imported one takes its place, so that
/// sessions go on.
const MADE_BY_ITSELF: &str = "http/signing-key";

/// Reads everything from a directory that [`super::export`] wrote, checks it whole, and then writes it.
///
/// Refuses a target that holds anything, and an export of a newer Steward. One that was cut off is begun again with
/// `go_on`: what is there must then be part of this very export.
pub async fn import(ctx: &Context, directory: &Path, go_on: bool) -> Result<Manifest, TransferError> {
    let manifest = Manifest::read(directory)?;
    refuse_newer(&manifest, directory)?;
    let mut rows = Vec::new();
    for &table in tables::ALL {
        // An older Steward did not have this table yet.
        if !manifest.files.contains_key(table.name) {
            continue;
        }
        rows.push((table, lines(&manifest, directory, table.name)?));
    }
    let secrets = lines::<Secret>(&manifest, directory, "secrets")?;
    let jobs = jobs(&manifest, directory)?;
    unknown_files(&manifest, directory)?;

    for &table in tables::ALL {
        let own = rows.iter().find(|(other, _)| other.name == table.name).map_or(&[][..], |(_, rows)| rows);
        refuse_foreign(ctx, table, own, go_on).await?;
    }
    refuse_foreign_secrets(ctx, &secrets, go_on).await?;

    for (table, rows) in rows {
        write_rows(ctx, table, rows).await?;
    }
    let progress = bar("secrets", Some(secrets.len() as u64));
    for secret in secrets {
        let name = SecretName(secret.name);
        for version in secret.previous.into_iter().chain([secret.current]) {
            ctx.vault.put(&name, &SecretString::from(version)).await.map_err(Error::from)?;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    for (queue, job) in jobs {
        ctx.queue.send(queue, &job, Duration::ZERO).await.map_err(Error::from)?;
    }
    Ok(manifest)
}

/// The jobs that waited, each with its queue.
fn jobs(manifest: &Manifest, directory: &Path) -> Result<Vec<(QueueName, Job)>, TransferError> {
    let waiting = lines::<Waiting>(manifest, directory, "jobs")?.into_iter().map(|Waiting { queue, job }| {
        let found = QueueName::ALL.into_iter().find(|known| known.as_str() == queue);
        let unknown = || TransferError::Content {
            path: directory.join("jobs.jsonl"),
            reason: format!("it has a job for the queue {queue}, which this version does not know"),
        };
        Ok((found.ok_or_else(unknown)?, job))
    });
    waiting.collect()
}

fn refuse_newer(manifest: &Manifest, directory: &Path) -> Result<(), TransferError> {
    let version = |text: &str| -> Vec<u64> { text.split('.').map(|part| part.parse().unwrap_or(0)).collect() };
    let own = env!("CARGO_PKG_VERSION");
    if manifest.format > FORMAT || version(&manifest.steward) > version(own) {
        let reason = format!(
            "it was written by Steward {}, and this is {own}: import it with that version or a newer one",
            manifest.steward
        );
        return Err(TransferError::Content { path: directory.join("manifest.json"), reason });
    }
    Ok(())
}

fn unknown_files(manifest: &Manifest, directory: &Path) -> Result<(), TransferError> {
    let known = |name: &str| ["secrets", "jobs"].contains(&name) || tables::ALL.iter().any(|table| table.name == name);
    match manifest.files.keys().find(|name| !known(name)) {
        None => Ok(()),
        Some(name) => {
            let reason = format!("it lists {name}, which this version does not know; nothing was imported");
            Err(TransferError::Content { path: directory.join("manifest.json"), reason })
        }
    }
}

fn lines<T: serde::de::DeserializeOwned>(
    manifest: &Manifest,
    directory: &Path,
    name: &str,
) -> Result<Vec<T>, TransferError> {
    let path = directory.join(format!("{name}.jsonl"));
    let content = manifest.files.get(name).ok_or_else(|| TransferError::Content {
        path: directory.join("manifest.json"),
        reason: format!("it does not list {name}; export again"),
    })?;
    let lines = read_lines(directory, name, content)?;
    // The parser's own words could show part of a secret.
    let broken = |_| TransferError::Content { path: path.clone(), reason: "a line of it is broken".into() };
    lines.iter().map(|line| serde_json::from_str(line).map_err(broken)).collect()
}

async fn refuse_foreign(ctx: &Context, table: &'static Table, own: &[Item], go_on: bool) -> Result<(), TransferError> {
    let own: HashSet<String> = own.iter().map(|item| serde_json::Value::from(item.clone()).to_string()).collect();
    let mut after = None;
    loop {
        let page = ctx.store.scan(table, after).await.map_err(Error::from)?;
        let foreign = |item: &Item| !go_on || !own.contains(&serde_json::Value::from(item.clone()).to_string());
        if page.items.iter().any(foreign) {
            return Err(TransferError::NotEmpty(if go_on {
                format!("the table {} holds rows that are not of this export; nothing was imported", table.name)
            } else {
                format!(
                    "the table {} is not empty; import into a new store. If an import of this export was cut off, \
                     run it again with --continue",
                    table.name
                )
            }));
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn refuse_foreign_secrets(ctx: &Context, own: &[Secret], go_on: bool) -> Result<(), TransferError> {
    let own: HashSet<&str> = own.iter().map(|secret| secret.name.as_str()).collect();
    let there = ctx.vault.list("").await.map_err(Error::from)?;
    let foreign = there.iter().find(|name| name.0 != MADE_BY_ITSELF && !(go_on && own.contains(name.0.as_str())));
    match foreign {
        None => Ok(()),
        Some(name) => Err(TransferError::NotEmpty(format!("the vault is not empty: it holds {name}"))),
    }
}

async fn write_rows(ctx: &Context, table: &'static Table, rows: Vec<Item>) -> Result<(), TransferError> {
    let progress = bar(table.name, Some(rows.len() as u64));
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let writes = rows.iter().map(|item| Write::Put { table, item: item.clone(), expect: Expect::Any }).collect();
        ctx.store.transact(writes).await.map_err(Error::from)?;
        progress.inc(rows.len() as u64);
    }
    progress.finish_and_clear();
    Ok(())
}
