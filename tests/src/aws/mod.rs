//! A deployment on AWS, or on what stands in for it.

mod calls;
mod emulator;
mod ledger;
mod measured;
mod rights;

pub use calls::Calls;
pub use emulator::Emulator;
pub use ledger::{Charge, Ledger};
pub use measured::Measured;
