//! Steward in this process, and what a caller says to it.

mod client;
mod clock;
mod counting;
mod orders;
mod planted;
mod server;

pub use client::{Client, Reply};
pub use clock::TestClock;
pub use counting::CountingStore;
pub use orders::Lab;
pub use server::{ADMIN_PASSWORD, Steward, StewardOptions};
