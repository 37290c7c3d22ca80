//! Servers (000 §4.3), and the way to them.

mod algorithms;
mod host_key;
mod keys;
mod refused;
mod rows;
mod test;
