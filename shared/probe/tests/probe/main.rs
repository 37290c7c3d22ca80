//! The prober against OpenSSL's own server, and against peers that mean no good.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]

mod chains;
mod hostile;
mod openssl;
mod pairs;
mod peer;
mod strange;
