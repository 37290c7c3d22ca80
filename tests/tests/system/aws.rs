//! The adapters of AWS pass the suites of their ports against an emulator, or against AWS itself where
//! `AWS_ENDPOINT_URL` names it.

mod calls;
mod drills;
mod lost_answers;
mod queue;
mod routes;
mod scheduler;
mod store;
mod vault;
mod walk;

use std::time::Duration;

use async_trait::async_trait;
use domain::conformance::Time;
use domain::ports::Clock;
use jiff::Timestamp;
use system::SystemClock;

/// The real time.
#[derive(Debug)]
struct Real;

#[async_trait]
impl Time for Real {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    // The emulator looks at its schedules every ten seconds.
    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }
}
