//! The database, called off the async runtime.

use std::fmt;
use std::fs::File;
use std::sync::Arc;

use domain::ports::StoreError;
use dynoxide::Database;
use dynoxide::errors::DynoxideError;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use crate::room::{self, Room};

/// One open database with the lock on its directory.
pub(crate) struct Engine {
    database: Database,
    /// One permit. The database works on one call at a time; callers wait for it here, in order, and without a thread.
    turn: Arc<Semaphore>,
    room: Room,
    /// Held as long as the database is open, so that no second process opens it.
    _lock: File,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) fn new(database: Database, room: Room, lock: File) -> Self {
        Self { database, turn: Arc::new(Semaphore::new(1)), room, _lock: lock }
    }

    /// The room on its disk.
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// Looks now and then whether a full disk has room again. Blocks.
    pub(crate) fn look_for_room(&self) {
        self.room.look(|| unused(&self.database).unwrap_or(0));
    }

    /// Runs `work` on a thread that may block, when it is its turn, and then `convert` without keeping the next caller
    /// waiting. What has begun goes on even if the caller is dropped.
    pub(crate) async fn call<R, T>(
        self: &Arc<Self>,
        work: impl FnOnce(&Database) -> dynoxide::errors::Result<R> + Send + 'static,
        convert: impl FnOnce(R) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
    {
        let closing = |_| StoreError::Failed("the database is closing".into());
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(closing)?;
        let engine = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&engine.database);
            drop(turn);
            if let Err(error) = &result
                && room::is_full(error)
            {
                engine.room.run_out(error);
            }
            convert(result.map_err(refused)?)
        });
        done.await.map_err(|error| StoreError::Failed(format!("a database call did not end: {error}")))?
    }
}

/// The bytes within the database's file that nothing is in.
fn unused(database: &Database) -> Option<u64> {
    let path = database.db_path().ok()??;
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).ok();
    u64::try_from(number("freelist_count")?.checked_mul(number("page_size")?)?).ok()
}

/// What an error of the database means to a caller of the store.
fn refused(error: DynoxideError) -> StoreError {
    match error {
        DynoxideError::ConditionalCheckFailedException(..) => StoreError::Unexpected { index: 0 },
        DynoxideError::TransactionCanceledException(message, reasons) => {
            let first = |code| reasons.iter().position(|reason| reason.code == code);
            if let Some(index) = first("ConditionalCheckFailed") {
                StoreError::Unexpected { index }
            } else if first("TransactionConflict").is_some() {
                StoreError::Busy(message)
            } else {
                let why = reasons.into_iter().find_map(|reason| reason.message).unwrap_or(message);
                StoreError::Failed(why)
            }
        }
        DynoxideError::ProvisionedThroughputExceededException(message)
        | DynoxideError::LimitExceededException(message) => StoreError::Busy(message),
        // Once the reserve is given up, the same call may succeed.
        other if room::is_full(&other) => StoreError::Busy(other.to_string()),
        other => StoreError::Failed(other.to_string()),
    }
}
