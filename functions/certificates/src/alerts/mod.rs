//! Alerts: what is, or was, wrong.

pub mod list;
pub mod settings;
