//! Steward's domain: entities, rules, ports, jobs and errors. Knows no SDK, no HTTP, no SSH.

pub mod acme;
pub mod alerts;
pub mod audit;
pub mod certificates;
pub mod context;
pub mod counter;
pub mod delegation;
pub mod deployments;
pub mod dns_credentials;
pub mod dns_records;
pub mod entity;
mod error;
pub mod http_challenges;
pub mod ids;
pub mod jobs;
pub mod list;
pub mod monitors;
pub mod names;
pub mod operations;
pub mod ports;
pub mod preflight;
pub mod repair;
pub mod servers;
pub mod tables;
pub mod targets;
pub mod text;
pub mod users;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use context::{Context, Registration, Settings};
pub use error::{Error, Result};
