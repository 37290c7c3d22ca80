use domain::{Error, Result};

/// Runs work that keeps a core busy where it does not hold up the runtime.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(format!("work was cut short: {error}")))?
}
