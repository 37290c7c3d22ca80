//! Logins (000 §4.1).

pub mod login;
pub mod logout;
pub mod refresh;
