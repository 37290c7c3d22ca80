//! Opening the data directory.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::aead::LessSafeKey;
use domain::ports::{Clock, Entropy};
use dynamo::from_attributes;
use dynoxide::Database;
use dynoxide::actions::scan::ScanRequest;
use vault::SealedVault;

use crate::engine::Engine;
use crate::found::{Found, found};
use crate::queue::{self, EmbeddedQueue};
use crate::room::{self, Room};
use crate::scheduler::{self, EmbeddedScheduler};
use crate::store::EmbeddedStore;
use crate::values::Dynoxide;
use crate::{key_file, schema};

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
    /// The database is gone, and its key is still there.
    #[error(
        "the database {path} is missing or empty, although the key of its secrets is beside it; put a backup of the \
         database in its place, or, to start anew without what was in it, move vault.key away or choose another \
         directory"
    )]
    Lost {
        /// The file.
        path: PathBuf,
    },
    /// Another program's database has the name of ours.
    #[error("{path} is not a database of Steward; choose another directory, or put a backup in its place")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The key of the vault cannot be used.
    #[error("the key file {path} cannot be used: {reason}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: io::Error,
    },
}

/// What SQLite says where there is no room to make its index of the log.
const NO_ROOM_FOR_THE_LOG: &str = "disk I/O error";

/// Everything of one machine, in one directory. Each port is an adapter of its own on the one database, so that what
/// wraps the store sees the store's calls only.
#[derive(Clone, Debug)]
pub struct Embedded {
    store: Arc<EmbeddedStore>,
    queue: Arc<EmbeddedQueue>,
    vault: Arc<SealedVault>,
    scheduler: Arc<EmbeddedScheduler>,
}

impl Embedded {
    /// Opens a data directory, making it (mode 0700) and everything in it where missing. It stays locked until the
    /// last of the adapters is dropped. Blocks; call it at the start.
    pub fn open(data_dir: &Path, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, OpenError> {
        let lock = lock(data_dir)?;
        let room = Room::in_directory(data_dir);
        let path = data_dir.join("steward.db");
        let has_key = data_dir.join("vault.key").exists();
        let open = || expected(&path, has_key).and_then(|()| database(&path));
        let database = open().or_else(|error| match error {
            // SQLite says so where the disk has no room for its index of the log.
            OpenError::Database { reason, .. }
                if room.is_reserved() && (room::is_full(&reason) || reason.contains(NO_ROOM_FOR_THE_LOG)) =>
            {
                room.run_out(&reason);
                open()
            }
            other => Err(other),
        })?;
        let key = vault_key(&data_dir.join("vault.key"), &database, entropy.as_ref())?;
        let store = EmbeddedStore::new(Arc::new(Engine::new(database, room, lock)));
        let queue = Arc::new(EmbeddedQueue::new(store.clone(), Arc::clone(&clock), Arc::clone(&entropy)));
        Ok(Self {
            queue: Arc::clone(&queue),
            vault: Arc::new(SealedVault::new(Arc::new(store.clone()), Arc::new(Arc::new(key)), entropy)),
            scheduler: Arc::new(EmbeddedScheduler::new(store.clone(), queue, clock)),
            store: Arc::new(store),
        })
    }

    /// Entities.
    pub fn store(&self) -> Arc<EmbeddedStore> {
        Arc::clone(&self.store)
    }

    /// Jobs.
    pub fn queue(&self) -> Arc<EmbeddedQueue> {
        Arc::clone(&self.queue)
    }

    /// Secrets.
    pub fn vault(&self) -> Arc<SealedVault> {
        Arc::clone(&self.vault)
    }

    /// Schedules; they fire while [`EmbeddedScheduler::run`] runs.
    pub fn scheduler(&self) -> Arc<EmbeddedScheduler> {
        Arc::clone(&self.scheduler)
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

/// Refuses to fill a file that should hold something else. The key is made after the first tables: where it is, they
/// were.
fn expected(path: &Path, has_key: bool) -> Result<(), OpenError> {
    let found = found(path).map_err(|reason| OpenError::Database { path: path.to_owned(), reason })?;
    match found {
        Found::Nothing if has_key => Err(OpenError::Lost { path: path.to_owned() }),
        Found::Foreign => Err(OpenError::Foreign { path: path.to_owned() }),
        Found::Nothing | Found::Ours => Ok(()),
    }
}

fn database(path: &Path) -> Result<Database, OpenError> {
    let failed = |reason: String| OpenError::Database { path: path.to_owned(), reason };
    let name = path.to_str().ok_or_else(|| failed("its path is not valid UTF-8".into()))?;
    // SQLite would make it readable to others, and gives its other files the same mode.
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| failed(error.to_string()))?;
    let database = Database::new(name).map_err(|error| failed(error.to_string()))?;
    let own = [&queue::MESSAGES, &vault::SECRETS, &scheduler::SCHEDULES];
    schema::ensure(&database, domain::tables::ALL.iter().copied().chain(own))
        .map_err(|error| failed(error.to_string()))?;
    Ok(database)
}

/// A new key is made only where nothing is encrypted under an old one.
fn vault_key(path: &Path, database: &Database, entropy: &dyn Entropy) -> Result<LessSafeKey, OpenError> {
    let failed = |reason| OpenError::Key { path: path.to_owned(), reason };
    let key = key_file::read(path).map_err(failed)?;
    let opens = opens(database, key.as_ref()).map_err(|error| failed(io::Error::other(error)))?;
    match (key, opens) {
        (Some(key), None | Some(true)) => Ok(key),
        (None, None) => key_file::create(path, entropy).map_err(failed),
        (None, Some(_)) => Err(failed(io::Error::other(
            "it is missing, and the database holds secrets encrypted under it; put its backup in its place",
        ))),
        (Some(_), Some(false)) => Err(failed(io::Error::other(
            "the secrets in the database are encrypted under another key; put the backup of that key in its place",
        ))),
    }
}

/// Whether the database holds a secret, and the key opens it. `Ok(None)` when there is no secret yet.
fn opens(database: &Database, key: Option<&LessSafeKey>) -> Result<Option<bool>, String> {
    let request = ScanRequest { table_name: vault::SECRETS.name.into(), limit: Some(1), ..ScanRequest::default() };
    let response = database.scan(request).map_err(|error| error.to_string())?;
    let Some(row) = response.items.unwrap_or_default().pop() else { return Ok(None) };
    let row = from_attributes::<Dynoxide>(row).map_err(|error| error.to_string())?;
    Ok(Some(key.is_some_and(|key| vault::opens(key, &row))))
}
