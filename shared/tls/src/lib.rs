//! Keys, certificate requests, what a certificate says, and the files people download.

mod blocking;
mod chain;
pub mod export;
pub mod keys;
#[cfg(test)]
mod properties;

pub use chain::{facts, matches_key, names};
