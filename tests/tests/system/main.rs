//! The system from outside, against the real programs it talks to.

mod dns;
mod mail;
mod peers;
