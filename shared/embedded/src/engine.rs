//! The database, called off the async runtime.

use std::fmt;
use std::fs::File;
use std::sync::Arc;

use domain::ports::StoreError;
use dynoxide::Database;
use dynoxide::errors::DynoxideError;
use tokio::sync::Semaphore;

/// Calls in progress at once. The database itself works on one at a time; the others meanwhile convert what they
/// read, and a crowd of callers waits here in order instead of each holding a thread.
const CALLS: usize = 4;

/// One open database with the lock on its directory.
pub(crate) struct Engine {
    database: Database,
    calls: Arc<Semaphore>,
    /// Held as long as the database is open, so that no second process opens it.
    _lock: File,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) fn new(database: Database, lock: File) -> Self {
        Self { database, calls: Arc::new(Semaphore::new(CALLS)), _lock: lock }
    }

    /// Runs `work` on a thread that may block. Once it has begun it goes on even if the caller is dropped.
    pub(crate) async fn call<T, W>(self: &Arc<Self>, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Database) -> Result<T, StoreError> + Send + 'static,
    {
        let stopped = |_| StoreError::Failed("the database is closing".into());
        let permit = Arc::clone(&self.calls).acquire_owned().await.map_err(stopped)?;
        let engine = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&engine.database)
        })
        .await
        .map_err(|error| StoreError::Failed(format!("a database call did not end: {error}")))?
    }
}

/// What an error of the database means to a caller of the store.
pub(crate) fn refused(error: DynoxideError) -> StoreError {
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
        other => StoreError::Failed(other.to_string()),
    }
}
