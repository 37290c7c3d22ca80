//! `steward export` and `steward import`: everything Steward knows, between any two stores, by way of a directory.
//!
//! The directory holds `manifest.json`, one file of JSON lines for each table, `secrets.jsonl`, `schedules.jsonl`
//! and `jobs.jsonl`. The secrets are in clear, since the next store encrypts them under another key: the directory is
//! for its owner only (mode 0700), and to be removed when it has served.

mod export;
mod import;
mod manifest;
mod progress;
mod reading;
mod rows;
mod secrets;
mod work;

use std::io;
use std::path::PathBuf;

use serde::Serialize;

pub use export::export;
pub use import::import;
pub use manifest::{Content, Manifest};

/// Why not everything was moved.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// A file of the directory cannot be written or read.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The directory is no export, or not one that this version can read, or was changed since.
    #[error("{path}: {reason}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// There is something already where things were to go.
    #[error("{0}")]
    NotEmpty(String),
    /// What was written is not what is there.
    #[error(
        "the table {0} no longer holds what was just written to it: somebody works with the target. Stop them, empty \
         it, and import again"
    )]
    Changed(&'static str),
    /// The store, vault, queue or scheduler failed.
    #[error("{0}")]
    Port(#[from] domain::Error),
}

impl TransferError {
    /// Nothing was written, for this is there.
    fn not_empty(what: &str, go_on: bool) -> Self {
        Self::NotEmpty(if go_on {
            format!("{what} that is not of this export; nothing was imported")
        } else {
            format!(
                "{what}; import into a new store. If an import of this export was cut off, run it again with --continue"
            )
        })
    }
}

fn line(value: &impl Serialize) -> Result<String, TransferError> {
    Ok(serde_json::to_string(value).map_err(|error| domain::Error::Internal(error.to_string()))?)
}
