//! The `Ca` port over ACME (RFC 8555), by instant-acme.
//!
//! [`InstantCa`] keeps what it learned between calls (connections, nonces, accounts, orders), so that a certificate
//! costs few requests. None of it is needed: a call in a new process asks the CA again.

mod ca;
mod client;
mod fault;
mod order;
#[cfg(test)]
mod properties;
mod published;
mod recent;
mod session;
mod transport;

pub use ca::InstantCa;
