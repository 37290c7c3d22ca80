//! The clock and the randomness of the machine, for every program of Steward.

mod clock;
mod entropy;

pub use clock::SystemClock;
pub use entropy::SystemEntropy;
