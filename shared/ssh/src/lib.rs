//! The `Remote` port over SSH, by russh.

mod channel;
mod fault;
mod frame;
mod keys;
mod no_shell;
mod offer;
mod offline;
#[cfg(test)]
mod properties;
mod refused;
mod remote;

pub use offline::SshKeys;
pub use remote::SshRemote;
