//! Keys, requests and downloads, read back by openssl, unzip and keytool.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod chain;
mod export;
mod keys;
mod material;
mod programs;
