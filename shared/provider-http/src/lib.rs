//! The HTTP client that `dns-update` gets in place of reqwest: as much of its interface as that crate uses, over the
//! guarded connections of `dial`. reqwest has no limit for an answer, undoes its compression, and looks a host up by
//! itself; `dns-update` makes its clients inside, so that none of this can be set from outside.
//!
//! Requests are sent only within [`Transport::within`].

mod answer;
mod client;
mod error;
mod transport;

pub use answer::Response;
pub use client::{Client, ClientBuilder, RequestBuilder};
pub use error::{Error, Result};
pub use http::{Method, StatusCode, header};
pub use transport::{Seen, Transport};
pub use url::Url;

/// Whether redirects are followed.
pub mod redirect {
    /// They are not.
    #[derive(Clone, Copy, Debug)]
    pub struct Policy;

    impl Policy {
        /// Follows none.
        pub fn none() -> Self {
            Self
        }
    }
}
