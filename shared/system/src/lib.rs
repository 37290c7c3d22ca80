//! The clock, the randomness and the log of the machine, for every program of Steward.

mod clock;
mod entropy;
mod one_line;

pub use clock::SystemClock;
pub use entropy::SystemEntropy;
pub use one_line::{OneLine, one_line};
