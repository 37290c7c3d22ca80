//! Looks TXT names up where their zone says the truth is, and nowhere else: nothing is cached, so that a change is
//! seen as soon as a server knows of it. Zones and aliases are too, as far as those servers can be asked; CAA records
//! are asked of the resolvers, as CAs do.

mod answer;
mod authoritative;
mod configured;
mod exchange;
mod own;
#[cfg(test)]
mod properties;
mod recursive;
mod walk;
mod zone;

pub use authoritative::Authoritative;
