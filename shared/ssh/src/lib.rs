//! The `Remote` port over SSH, by russh.

mod channel;
mod fault;
mod keys;
mod offline;
mod remote;

pub use offline::SshKeys;
pub use remote::SshRemote;
