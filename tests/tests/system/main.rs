//! The system from outside, against the real programs it talks to.

mod acme;
mod api;
mod aws;
mod bad_input;
mod certificates;
mod challenges;
mod delegation;
mod describes_itself;
mod dns;
mod dns_credentials;
mod drills;
mod guard;
mod infra;
mod mail;
mod peers;
mod preflight;
mod profile;
mod slow;
mod store_calls;
mod transfer;
mod users;
