//! The `Prober` port by rustls: shakes hands with a TLS server and says what it saw.

mod exchange;
mod facts;
mod glimpse;
mod plain;
mod prober;
#[cfg(test)]
mod properties;
mod signature;
mod starttls;
mod trust;
mod verifier;

pub use prober::RustlsProber;
