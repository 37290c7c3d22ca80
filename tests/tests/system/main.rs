//! The system from outside, against the real programs it talks to.

mod acme;
mod alerts;
mod api;
mod audit;
mod aws;
mod bad_input;
mod certificates;
mod challenges;
mod delegation;
mod deployments;
mod describes_itself;
mod dns;
mod dns_credentials;
mod drills;
mod guard;
mod infra;
mod mail;
mod monitors;
mod peers;
mod preflight;
mod profile;
mod servers;
mod slow;
mod store_calls;
mod transfer;
mod users;
