//! Servers (000 §4.3), and the way to them.

mod host_key;
mod keys;
mod rows;
mod test;
