//! Everything of Steward in one process: what `steward` runs, for it and for the system tests.

mod clock;
mod config;
mod entropy;
mod run;
mod worker;

pub use clock::SystemClock;
pub use config::Config;
pub use entropy::SystemEntropy;
pub use run::{Parts, StartError, log, open, router, run, serve};
pub use worker::work;
