//! DNS providers that Steward can write records at.

pub mod list;
