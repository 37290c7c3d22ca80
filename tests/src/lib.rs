//! What the system tests stand on: the real programs that Steward talks to.

pub mod peers;
