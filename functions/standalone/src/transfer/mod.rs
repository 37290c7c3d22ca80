//! `steward export` and `steward import`: everything Steward knows, between any two stores, by way of a directory.
//!
//! The directory holds `manifest.json`, one file of JSON lines for each table, `secrets.jsonl` and `jobs.jsonl`. The
//! secrets are in clear, since the next store encrypts them under another key: the directory is for its owner only
//! (mode 0700), and to be removed when it has served.

mod export;
mod import;
mod manifest;
mod progress;

use std::io;
use std::path::PathBuf;

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
    /// The store, vault or queue failed.
    #[error("{0}")]
    Port(#[from] domain::Error),
}
