//! A directory that an export wrote, checked whole before anything of it is used.

use std::path::Path;

use domain::ports::{Item, QueueName, Table};
use domain::tables;
use serde::de::DeserializeOwned;

use super::manifest::{FORMAT, read_lines};
use super::secrets::Secret;
use super::work::{self, Planned, WaitingJob};
use super::{Manifest, TransferError};

/// The files beside those of the tables.
const OTHERS: [&str; 3] = ["secrets", "schedules", "jobs"];

/// Everything in the directory.
pub(super) struct Exported {
    pub manifest: Manifest,
    /// Every table of this version, with no rows where an older Steward did not have it yet.
    pub tables: Vec<(&'static Table, Vec<Item>)>,
    pub secrets: Vec<Secret>,
    pub schedules: Vec<(QueueName, Planned)>,
    pub jobs: Vec<(QueueName, WaitingJob)>,
}

impl Exported {
    pub(super) fn read(directory: &Path) -> Result<Self, TransferError> {
        let manifest = Manifest::read(directory)?;
        let file = File { manifest: &manifest, directory };
        file.refuse_newer()?;
        file.refuse_unknown()?;
        let mut tables = Vec::new();
        for &table in tables::ALL {
            tables.push((table, file.lines_if_listed(table.name)?));
        }
        Ok(Self {
            tables,
            secrets: file.lines("secrets")?,
            schedules: file
                .for_queues("schedules", file.lines_if_listed("schedules")?, |planned: &Planned| &planned.queue)?,
            jobs: file.for_queues("jobs", file.lines("jobs")?, |waiting: &WaitingJob| &waiting.queue)?,
            manifest,
        })
    }
}

/// One directory while it is read.
struct File<'a> {
    manifest: &'a Manifest,
    directory: &'a Path,
}

impl File<'_> {
    fn refuse(&self, file: &str, reason: String) -> TransferError {
        TransferError::Content { path: self.directory.join(file), reason }
    }

    fn refuse_newer(&self) -> Result<(), TransferError> {
        let version = |text: &str| -> Vec<u64> { text.split('.').map(|part| part.parse().unwrap_or(0)).collect() };
        let (theirs, own) = (&self.manifest.steward, env!("CARGO_PKG_VERSION"));
        if self.manifest.format > FORMAT || version(theirs) > version(own) {
            let reason = format!(
                "it was written by Steward {theirs}, and this is {own}: import it with that version or a newer one"
            );
            return Err(self.refuse("manifest.json", reason));
        }
        Ok(())
    }

    fn refuse_unknown(&self) -> Result<(), TransferError> {
        let known = |name: &str| OTHERS.contains(&name) || tables::ALL.iter().any(|table| table.name == name);
        match self.manifest.files.keys().find(|name| !known(name)) {
            None => Ok(()),
            Some(name) => {
                let reason = format!("it lists {name}, which this version does not know; nothing was imported");
                Err(self.refuse("manifest.json", reason))
            }
        }
    }

    fn lines<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, TransferError> {
        let content = self.manifest.files.get(name);
        let missing = || self.refuse("manifest.json", format!("it does not list {name}; export again"));
        let lines = read_lines(self.directory, name, content.ok_or_else(missing)?)?;
        // The parser's own words could show part of a secret.
        let broken = |_| self.refuse(&format!("{name}.jsonl"), "a line of it is broken".into());
        lines.iter().map(|line| serde_json::from_str(line).map_err(broken)).collect()
    }

    /// The lines of a file that an older Steward did not write.
    fn lines_if_listed<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, TransferError> {
        if self.manifest.files.contains_key(name) { self.lines(name) } else { Ok(Vec::new()) }
    }

    fn for_queues<T>(
        &self,
        name: &str,
        lines: Vec<T>,
        queue: impl Fn(&T) -> &str,
    ) -> Result<Vec<(QueueName, T)>, TransferError> {
        let known = |line: T| match work::queue(queue(&line)) {
            Some(queue) => Ok((queue, line)),
            None => {
                let reason = format!("it has a job for the queue {}, which this version does not know", queue(&line));
                Err(self.refuse(&format!("{name}.jsonl"), reason))
            }
        };
        lines.into_iter().map(known).collect()
    }
}
