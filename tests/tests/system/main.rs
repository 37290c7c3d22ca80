//! The system from outside, against the real programs it talks to.

mod acme;
mod certificates;
mod dns;
mod mail;
mod peers;
