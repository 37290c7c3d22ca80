//! The suites that every adapter of a port must pass. A suite is a list of async functions that panic where the
//! adapter breaks its port's contract; each can run alone, and again in the same place: it uses names of its own.

// A suite fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

pub mod queue;
pub mod scheduler;
pub mod store;
pub mod vault;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// Time as the adapter under test sees it: the real clock, or one that a test moves.
#[async_trait]
pub trait Time: Send + Sync + fmt::Debug {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Returns when `duration` is over.
    async fn wait(&self, duration: Duration);

    /// How long an adapter may take to do what it does by itself: show a write in an index, deliver a job that is
    /// visible, fire a schedule that is due.
    fn patience(&self) -> Duration;
}

/// Waits until `look` gives something, or panics with `what` when patience is over.
pub(crate) async fn eventually<T>(time: &dyn Time, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let step = Duration::from_millis(50);
    let mut waited = Duration::ZERO;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(waited < time.patience(), "{what}: not within {:?}", time.patience());
        time.wait(step).await;
        waited += step;
    }
}
