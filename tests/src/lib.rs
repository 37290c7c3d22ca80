//! What the system tests stand on: the real programs that Steward talks to, and Steward itself, in this process.

pub mod aws;
pub mod openssl;
pub mod peers;
pub mod prices;
pub mod steward;
mod tables;
pub mod template;
pub mod walk;

pub use tables::definition;
