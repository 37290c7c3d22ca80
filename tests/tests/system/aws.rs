//! The adapters of AWS pass the suites of their ports against an emulator, or against AWS itself where
//! `AWS_ENDPOINT_URL` names it.

mod calls;
mod deadline;
mod drills;
mod laptop;
mod lost_answers;
mod queue;
mod routes;
mod scheduler;
mod store;
mod vault;
mod walk;

use std::path::{Path, PathBuf};
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

const FUNCTIONS: [&str; 10] = [
    "certificates",
    "acme-accounts",
    "rental",
    "cloud",
    "console",
    "issuer",
    "deployer",
    "prober",
    "auditor",
    "notifier",
];

/// Where the functions' programs are built, beside this test's own; `None`, said aloud, when they are not.
fn built(skipped: &str) -> Option<PathBuf> {
    let built = std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().to_owned();
    let Some(missing) = FUNCTIONS.into_iter().find(|function| !built.join(function).is_file()) else {
        return Some(built);
    };
    let advice = format!("{missing} is not built: cargo build --bins");
    assert!(std::env::var_os("STEWARD_TEST_REQUIRE_PEERS").is_none(), "{advice}");
    eprintln!("SKIPPED {skipped}: {advice}");
    None
}
