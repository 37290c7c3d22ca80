//! Everything of Steward in one process: what `steward` runs, for it and for the system tests.

mod audit;
mod command;
mod config;
mod document;
mod run;
mod server;
mod slots;
pub mod transfer;
mod worker;

pub use command::{command, on_aws};
pub use config::{AuditCommand, Command, Config, Place};
pub use document::{areas, document};
pub use run::{Parts, StartError, everything, log, open, router, run, serve};
pub use worker::work;
