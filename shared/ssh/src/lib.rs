//! The `Remote` port over SSH, by russh.

mod channel;
mod fault;
mod keys;
mod remote;

pub use remote::SshRemote;
