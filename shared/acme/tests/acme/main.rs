//! `InstantCa` against Pebble, a real ACME server, and against a scripted one for the answers that Pebble never gives.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod faults;
mod hostile;
mod issue;
mod pebble;
mod register;
mod revoke;
mod scripted;
mod unwell;
