//! Steward in this process, and what a caller says to it.

mod client;
mod clock;
mod counting;
mod eventually;
mod orders;
mod planted;
mod rows;
mod server;

pub use client::{Client, Reply};
pub use clock::TestClock;
pub use counting::CountingStore;
pub use eventually::eventually;
pub use orders::Lab;
pub use rows::{certificate_row, issued_until, put_certificates};
pub use server::{ADMIN_PASSWORD, Steward, StewardOptions};
