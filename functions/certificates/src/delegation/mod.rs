//! The zone of the operator's that answers challenges for names of every user.

pub mod delete;
pub mod get;
pub mod set;
