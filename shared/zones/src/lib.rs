//! Writes TXT records at DNS providers, by the crate `dns-update`. Only the worker that writes records links it: it
//! brings an HTTP client of its own.

mod fault;
mod fields;
mod providers;
mod reach;
mod writer;

pub use writer::Zones;
