//! Opening the data directory.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::ports::{Clock, Entropy};
use dynoxide::Database;

use crate::engine::Engine;
use crate::schema;
use crate::store::EmbeddedStore;

/// Why a data directory was not opened, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be made or used.
    #[error("the data directory {path} cannot be used: {reason}; choose a directory this user may write to")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Another process has it open.
    #[error("the data directory {path} is in use by another Steward; stop that one, or choose another directory")]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The database in it cannot be used.
    #[error("the database {path} cannot be opened: {reason}; if it is damaged, put a backup in its place")]
    Database {
        /// The file.
        path: PathBuf,
        /// What the database said.
        reason: String,
    },
}

/// Everything of one machine, in one directory.
#[derive(Clone, Debug)]
pub struct Embedded {
    store: Arc<EmbeddedStore>,
}

impl Embedded {
    /// Opens a data directory, making it (mode 0700) and everything in it where missing. Blocks; call it at the start.
    pub fn open(data_dir: &Path, _clock: Arc<dyn Clock>, _entropy: Arc<dyn Entropy>) -> Result<Self, OpenError> {
        let lock = lock(data_dir)?;
        let path = data_dir.join("steward.db");
        let failed = |reason: String| OpenError::Database { path: path.clone(), reason };
        let name = path.to_str().ok_or_else(|| failed("its path is not valid UTF-8".into()))?;
        let database = Database::new(name).map_err(|error| failed(error.to_string()))?;
        let tables = domain::tables::ALL.iter().copied();
        schema::ensure(&database, tables).map_err(|error| failed(error.to_string()))?;
        let engine = Arc::new(Engine::new(database, lock));
        let store = EmbeddedStore::new(engine);
        Ok(Self { store: Arc::new(store) })
    }

    /// Entities.
    pub fn store(&self) -> Arc<EmbeddedStore> {
        Arc::clone(&self.store)
    }
}

fn lock(data_dir: &Path) -> Result<File, OpenError> {
    let failed = |reason| OpenError::Directory { path: data_dir.to_owned(), reason };
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(failed)?;
    let path = data_dir.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: data_dir.to_owned() }),
        Err(TryLockError::Error(reason)) => Err(failed(reason)),
    }
}
