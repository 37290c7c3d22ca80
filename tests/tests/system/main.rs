//! The system from outside, against the real programs it talks to.

mod certificates;
mod dns;
mod drills;
mod mail;
mod peers;
