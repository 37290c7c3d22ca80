//! What CAs ask for (RFC 8555 §8.3).

pub mod get;
