//! Long work (000 §8.1).

pub mod get;
