//! Steward in this process, and what a caller says to it.

mod client;
mod clock;
mod counting;
mod fate;
mod moody;
mod orders;
mod server;
mod worker;

pub use client::{Client, Reply};
pub use clock::TestClock;
pub use counting::CountingStore;
pub use fate::{Fate, Moment};
pub use moody::{Mood, MoodyCa};
pub use orders::Lab;
pub use server::{ADMIN_PASSWORD, Steward, StewardOptions};
pub use worker::Worker;
