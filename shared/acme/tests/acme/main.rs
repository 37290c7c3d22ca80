//! `InstantCa` against Pebble, a real ACME server.

mod faults;
mod issue;
mod pebble;
mod register;
mod revoke;
