//! Steward in this process, and what a caller says to it.

mod client;
mod clock;
mod counting;
mod eventually;
mod fate;
mod mails;
mod moody;
mod orders;
mod planted;
mod routes;
mod rows;
mod server;
mod sites;
mod worker;

pub use client::{Client, Reply};
pub use clock::TestClock;
pub use counting::CountingStore;
pub use eventually::eventually;
pub use fate::{Fate, Moment};
pub use mails::{link, mails, open_newest_link};
pub use moody::{Mood, MoodyCa};
pub use orders::Lab;
pub use routes::{Kind, Route, routes};
pub use rows::{certificate_row, issued_until, next_check, put_certificates};
pub use server::{ADMIN_PASSWORD, Steward, StewardOptions, empty_context};
pub use sites::{SITE, SiteLab, add_server, fingerprint, served};
pub use worker::Worker;
