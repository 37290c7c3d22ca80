//! Looks TXT names up where their zone says the truth is, and nowhere else: nothing is cached, so that a change is
//! seen as soon as a server knows of it.

mod answer;
mod authoritative;
mod configured;
mod exchange;
mod walk;
mod zone;

pub use authoritative::Authoritative;
