//! The `Prober` port by rustls: shakes hands with a TLS server and says what it saw.

mod facts;
mod glimpse;
mod prober;
mod starttls;
mod trust;
mod verifier;

pub use prober::RustlsProber;
