//! Everything of Steward in one process: what `steward` runs, for it and for the system tests.

mod config;
mod run;
mod worker;

pub use config::Config;
pub use run::{Parts, StartError, log, open, router, run, serve};
pub use worker::work;
