use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

use domain::jobs::Job;
use domain::ports::{QueueName, Table};
use domain::{Context, Error, tables};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::manifest::{FORMAT, write_lines};
use super::progress::bar;
use super::{Content, Manifest, TransferError};

/// How long the jobs that were read stay hidden from the workers of the old store.
const HIDDEN: Duration = Duration::from_secs(600);

/// A line of `secrets.jsonl`. It is in clear: never log one.
#[derive(Serialize, Deserialize)]
pub(super) struct Secret {
    pub name: String,
    pub current: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

/// A line of `jobs.jsonl`.
#[derive(Serialize, Deserialize)]
pub(super) struct Waiting {
    pub queue: String,
    pub job: Job,
}

/// Writes everything into a new directory. The old store stays as it is; nobody may write to it meanwhile.
pub async fn export(ctx: &Context, directory: &Path) -> Result<Manifest, TransferError> {
    DirBuilder::new()
        .mode(0o700)
        .create(directory)
        .map_err(|reason| TransferError::File { path: directory.to_owned(), reason })?;
    let mut files = BTreeMap::new();
    for &table in tables::ALL {
        files.insert(table.name.to_owned(), write_table(ctx, table, directory).await?);
    }
    files.insert("secrets".into(), write_lines(directory, "secrets", secrets(ctx).await?)?);
    files.insert("jobs".into(), write_lines(directory, "jobs", jobs(ctx).await?)?);
    let manifest = Manifest { format: FORMAT, steward: env!("CARGO_PKG_VERSION").to_owned(), files };
    manifest.write(directory)?;
    Ok(manifest)
}

async fn write_table(ctx: &Context, table: &'static Table, directory: &Path) -> Result<Content, TransferError> {
    let progress = bar(table.name, None);
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let page = ctx.store.scan(table, after).await.map_err(Error::from)?;
        progress.inc(page.items.len() as u64);
        for item in page.items {
            lines.push(serde_json::Value::from(item).to_string());
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    progress.finish_and_clear();
    write_lines(directory, table.name, lines)
}

async fn secrets(ctx: &Context) -> Result<Vec<String>, TransferError> {
    let names = ctx.vault.list("").await.map_err(Error::from)?;
    let progress = bar("secrets", Some(names.len() as u64));
    let mut lines = Vec::new();
    for name in names {
        progress.inc(1);
        // What is deleted meanwhile is not there.
        let Some(current) = ctx.vault.get(&name).await.map_err(Error::from)? else { continue };
        let previous = ctx.vault.previous(&name).await.map_err(Error::from)?;
        lines.push(line(&Secret {
            name: name.0,
            current: current.expose_secret().to_owned(),
            previous: previous.map(|secret| secret.expose_secret().to_owned()),
        })?);
    }
    progress.finish_and_clear();
    Ok(lines)
}

/// The jobs that wait. They stay on their queues, hidden for a while.
async fn jobs(ctx: &Context) -> Result<Vec<String>, TransferError> {
    let mut lines = Vec::new();
    for queue in QueueName::ALL {
        loop {
            let deliveries = ctx.queue.receive(queue, 10, HIDDEN).await.map_err(Error::from)?;
            if deliveries.is_empty() {
                break;
            }
            for delivery in deliveries {
                lines.push(line(&Waiting { queue: queue.as_str().to_owned(), job: delivery.job })?);
            }
        }
    }
    Ok(lines)
}

fn line(value: &impl Serialize) -> Result<String, TransferError> {
    Ok(serde_json::to_string(value).map_err(|error| Error::Internal(error.to_string()))?)
}
