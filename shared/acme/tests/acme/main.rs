//! `InstantCa` against Pebble, a real ACME server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod faults;
mod issue;
mod pebble;
mod register;
mod revoke;
